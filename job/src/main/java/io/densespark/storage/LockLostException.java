package io.densespark.storage;

import io.densespark.text.Text;

/**
 * This process had a lock and could not renew it in time, so another one may have it by now.
 * Nothing more may be written under it. Ends the process with exit code 40.
 */
public final class LockLostException extends RuntimeException {

  LockLostException(String message) {
    super(message);
  }

  LockLostException(String lock, long silentMillis, long leaseMillis, Throwable cause) {
    super(
        Text.format(
            "%s is no longer held: its claim was not renewed for %d ms and ended after %d ms."
                + " Was this process stopped, or its store out of reach? Run the same command again; it goes on where it can",
            lock, silentMillis, leaseMillis),
        cause);
  }
}

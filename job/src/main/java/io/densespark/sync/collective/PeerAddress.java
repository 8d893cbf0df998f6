package io.densespark.sync.collective;

import io.densespark.text.Text;
import java.io.Serializable;

/**
 * Where a rank listens.
 *
 * @param host name or address that the other ranks can reach
 * @param port TCP port, 1 to 65535
 */
public record PeerAddress(String host, int port) implements Serializable {

  public PeerAddress {
    if (host.isBlank() || port < 1 || port > 65535) {
      throw new IllegalArgumentException(
          Text.format(
              "address '%s' port %d: a host and a port from 1 to 65535 are needed", host, port));
    }
  }

  /** Reads what {@link #toString} wrote. */
  public static PeerAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    try {
      return new PeerAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    } catch (IndexOutOfBoundsException | NumberFormatException e) {
      throw new IllegalArgumentException("address '" + text + "': expected host:port", e);
    }
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}

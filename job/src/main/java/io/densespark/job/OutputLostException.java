package io.densespark.job;

import io.densespark.storage.StorageException;

/** The output failed while a run was going on. Ends the process with exit code 20. */
final class OutputLostException extends RuntimeException {
  OutputLostException(StorageException cause) {
    super(
        "the output failed: %s. What was saved is kept: the same command goes on from there"
            .formatted(cause.getMessage()),
        cause);
  }
}

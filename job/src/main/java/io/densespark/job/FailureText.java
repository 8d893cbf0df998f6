package io.densespark.job;

import io.densespark.engine.EngineUnavailableException;
import io.densespark.settings.Secrets;
import io.densespark.storage.StorageException;
import io.densespark.text.Text;
import org.apache.spark.SparkException;

/** Failures in a line. */
public final class FailureText {

  private FailureText() {}

  /** What failed and, where that does not tell it, the cause at the root; secrets hidden. */
  public static String line(Throwable failure) {
    String first = firstLine(failure);
    Throwable root = failure;
    // What the storage and engines say is whole.
    while (root.getCause() != null
        && !(root instanceof StorageException)
        && !(root instanceof EngineUnavailableException)) {
      root = root.getCause();
    }
    String last = firstLine(root);
    if (failure instanceof SparkException && isOurs(root)) {
      // What a task of ours says needs none of Spark's words around it.
      first = last;
    }
    String line = Secrets.redact(first.contains(last) ? first : first + ": " + last);
    return line.contains(OutOfMemoryError.class.getSimpleName())
        ? Text.format(
            "%s. Java's heap may grow to %d MB: raise -Xmx where the heap is too small, else take fewer sync.replicas, a smaller train.batch-size or a larger machine",
            line, Memory.heapMegabytes())
        : line;
  }

  private static boolean isOurs(Throwable failure) {
    return failure.getClass().getName().startsWith("io.densespark.");
  }

  private static String firstLine(Throwable failure) {
    String message = failure.getMessage();
    if (message == null || message.isBlank()) {
      return failure.getClass().getSimpleName();
    }
    String line = message.strip().lines().findFirst().orElseThrow();
    // An Error's or a bare exception's message is often a word that means nothing alone.
    boolean bare = failure instanceof Error || !line.contains(" ");
    return bare ? failure.getClass().getSimpleName() + ": " + line : line;
  }
}

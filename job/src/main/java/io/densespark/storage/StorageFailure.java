package io.densespark.storage;

import io.densespark.storage.StorageException.Reason;
import io.densespark.text.Text;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.apache.commons.lang3.StringUtils;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.hdfs.protocol.QuotaExceededException;
import org.apache.hadoop.security.AccessControlException;

/** Turns what a file system throws into a {@link StorageException} with a reason and an advice. */
public final class StorageFailure {

  /** In front of the message of a cause that was wrapped. */
  private static final Pattern CLASS_NAME = Pattern.compile("^(?:[a-z]\\w*\\.)+[A-Z]\\w*: ");

  private StorageFailure() {}

  /**
   * @param attempt what was tried, as in "write"
   * @param uri the file or workspace, already without credentials
   */
  static StorageException of(String attempt, String uri, Throwable cause) {
    if (cause instanceof StorageException known) {
      return known;
    }
    Reason reason = reason(cause);
    String message =
        Text.format("Cannot %s %s: %s. %s", attempt, uri, text(cause, uri), advice(reason, uri));
    return new StorageException(reason, message, cause);
  }

  /** One call to a store. */
  @FunctionalInterface
  interface Call<T> {
    T run() throws IOException;
  }

  /** Makes a call; what it throws becomes a {@link StorageException}. */
  static <T> T attempt(String what, String uri, Call<T> call) {
    try {
      return call.run();
    } catch (IOException | RuntimeException | LinkageError | FSError e) {
      throw of(what, uri, e);
    }
  }

  /**
   * Whether S3A noticed that an object is another than it was or that it is there; its class is not
   * there to compile against.
   */
  static boolean changedRemotely(IOException failure) {
    return failure.getClass().getSimpleName().equals("RemoteFileChangedException");
  }

  private static Reason reason(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof FileNotFoundException && denied(cause)) {
        // What java.io throws for a file that may not be created.
        return Reason.DENIED;
      }
      if (cause instanceof FileNotFoundException || cause instanceof NoSuchFileException) {
        return Reason.MISSING;
      }
      if (cause instanceof FileAlreadyExistsException
          || cause instanceof org.apache.hadoop.fs.FileAlreadyExistsException) {
        return Reason.EXISTS;
      }
      if (cause instanceof AccessDeniedException
          || cause instanceof AccessControlException
          || denied(cause)) {
        return Reason.DENIED;
      }
      if (cause instanceof UnsupportedFileSystemException
          || cause instanceof ClassNotFoundException
          || cause instanceof NoClassDefFoundError) {
        return Reason.UNSUPPORTED;
      }
      if (cause instanceof QuotaExceededException
          || contains(cause, "no space left")
          || contains(cause, "quota exceeded")) {
        return Reason.FULL;
      }
      // An end of file is what a connection that breaks off in mid-call ends in.
      if (cause instanceof SocketException
          || cause instanceof EOFException
          || cause instanceof SocketTimeoutException
          || cause instanceof UnknownHostException) {
        return Reason.UNREACHABLE;
      }
    }
    return Reason.FAILED;
  }

  private static String advice(Reason reason, String uri) {
    boolean s3 = uri.startsWith("s3a:");
    return switch (reason) {
      case INVALID -> "Use a plain path, or a URI with scheme file, hdfs or s3a";
      case MISSING -> s3 ? "Check the bucket's name, the endpoint and the path" : "Check the path";
      case OVERLAPS -> "Choose another place to write to";
      case EXISTS -> "Choose another name, or remove it if it is not needed";
      case DENIED ->
          s3
              ? "Give credentials that may list, read, write and delete there"
                  + " (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or an instance role)"
              : "Choose a place where this user may write, or change its permissions";
      case FULL -> "Free space or raise the quota there, or choose another place";
      case UNREACHABLE -> "Check that the store runs and that host and port can be reached";
      case UNSUPPORTED ->
          s3
              ? "Put hadoop-aws of Spark's Hadoop version and the AWS SDK it names into"
                  + " SPARK_HOME/jars, or pass them with --packages"
              : "Use a plain path, or a URI with scheme file, hdfs or s3a";
      case DAMAGED -> "Restore it";
      case FAILED -> "See the cause; try again if it may have been temporary";
    };
  }

  private static boolean denied(Throwable cause) {
    return contains(cause, "permission denied")
        || contains(cause, "read-only file system")
        || contains(cause, "mkdirs failed");
  }

  private static boolean contains(Throwable cause, String text) {
    String message = cause.getMessage();
    return message != null && message.toLowerCase(Locale.ROOT).contains(text);
  }

  /**
   * What went wrong, without the name of an exception's class where the message is a sentence. The
   * first line only: remote stores append whole stack traces.
   *
   * @param uri the file, which need not be named again
   */
  public static String text(Throwable cause, String uri) {
    String line = Objects.toString(cause.getMessage(), "").strip().lines().findFirst().orElse("");
    line = StringUtils.removeEnd(CLASS_NAME.matcher(line).replaceFirst(""), ".");
    boolean named = cause instanceof FileSystemException file && file.getReason() == null;
    if (line.contains(" ") && !named) {
      return line;
    }
    // The name alone, as of NoSuchFileException: what is wrong with it stands in the class's.
    String type = StringUtils.removeEnd(cause.getClass().getSimpleName(), "Exception");
    String words =
        String.join(" ", StringUtils.splitByCharacterTypeCamelCase(type)).toLowerCase(Locale.ROOT);
    return line.isEmpty() || uri.endsWith(line) ? words : words + ": " + line;
  }
}

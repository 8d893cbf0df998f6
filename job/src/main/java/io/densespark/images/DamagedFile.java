package io.densespark.images;

import io.densespark.text.Text;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.lang3.exception.ExceptionUtils;

/** What Spark says of a file that it cannot read to the end. */
public final class DamagedFile {

  private static final Pattern UNREAD_FILE =
      Pattern.compile("error while reading file (\\S+?)\\.? Details");

  private DamagedFile() {}

  /** The file that a failure is about, as a problem of the data; empty: it is about none. */
  public static Optional<BrokenImage> in(Throwable failure) {
    if (ExceptionUtils.indexOfType(failure, OutOfMemoryError.class) >= 0) {
      return Optional.empty();
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      Matcher unread = UNREAD_FILE.matcher(String.valueOf(cause.getMessage()));
      if (unread.find()) {
        Throwable root = cause;
        while (root.getCause() != null) {
          root = root.getCause();
        }
        String reason = Objects.requireNonNullElse(root.getMessage(), root.toString());
        return Optional.of(
            new BrokenImage(unread.group(1), Text.format("is damaged (%s)", reason)));
      }
    }
    return Optional.empty();
  }
}

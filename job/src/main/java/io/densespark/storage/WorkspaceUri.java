package io.densespark.storage;

import io.densespark.storage.StorageException.Reason;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;

/** Reads what a user gives as a workspace, and checks paths inside it. */
final class WorkspaceUri {

  /** Greedy up to the last at-sign, as secret keys may hold slashes. */
  private static final Pattern USER_INFO = Pattern.compile("//.*@");

  /** The characters that every store takes as they are; Hadoop's paths cannot hold a colon. */
  private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9._=+-]+");

  private WorkspaceUri() {}

  /** The workspace as a path, perhaps still without scheme. */
  static Path parse(String workspace) {
    if (workspace.isBlank()) {
      throw invalid("The workspace is empty", "Give a plain path or a URI, as in ./workspace");
    }
    if (USER_INFO.matcher(workspace).find()) {
      throw invalid(
          "The workspace URI " + redact(workspace) + " holds credentials or a user",
          "Leave them out; s3a takes AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from the"
              + " environment, hdfs takes HADOOP_USER_NAME or Kerberos");
    }
    try {
      return new Path(workspace);
    } catch (IllegalArgumentException e) {
      throw new StorageException(
          Reason.INVALID,
          "The workspace %s is not a URI. Give a plain path or a URI, as in hdfs://host:8020/densespark"
              .formatted(workspace),
          e);
    }
  }

  /** The text with user and password of any URI in it replaced. */
  static String redact(String text) {
    return USER_INFO.matcher(text).replaceAll("//(redacted)@");
  }

  /** Checks a path relative to the workspace, as in {@code runs/a/status.json}. */
  static String relative(String path) {
    for (String segment : path.split("/", -1)) {
      if (!SEGMENT.matcher(segment).matches() || segment.equals(".") || segment.equals("..")) {
        throw invalid(
            "The path '%s' cannot be used in a workspace".formatted(path),
            "Use parts of letters, digits and . _ = + - divided by single slashes, none of them"
                + " '.' or '..'");
      }
    }
    return path;
  }

  private static StorageException invalid(String what, String advice) {
    return new StorageException(Reason.INVALID, what + ". " + advice);
  }
}

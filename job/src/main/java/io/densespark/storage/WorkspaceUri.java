package io.densespark.storage;

import io.densespark.settings.Secrets;
import io.densespark.storage.StorageException.Reason;
import io.densespark.text.Text;
import java.nio.charset.Charset;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Reads what a user gives as a place, by one rule for outputs, data, models and images, and checks
 * paths inside a workspace.
 *
 * <p>The rule: what begins with a scheme and a slash is a URI, {@code file:/…}, {@code hdfs://…} or
 * {@code s3a://…}, in which characters stand for themselves ({@code %20} is no blank). Anything
 * else is a plain path: on {@code fs.defaultFS}, which without a cluster's configuration is this
 * machine's disk.
 */
final class WorkspaceUri {

  static final String LOCAL_SCHEME = "file";

  private static final Pattern SCHEME =
      Pattern.compile("([a-zA-Z][a-zA-Z0-9+.-]*)(:/.*)", Pattern.DOTALL);

  private static final Pattern SCHEME_WITHOUT_SLASH =
      Pattern.compile("(file|hdfs|s3[an]?|webhdfs|viewfs):[^/]*.*", Pattern.DOTALL);

  /** Greedy up to the last at-sign where there is a password: secret keys may hold slashes. */
  private static final Pattern USER_INFO =
      Pattern.compile("^([a-zA-Z][a-zA-Z0-9+.-]*://)(?:[^/@]*|[^/@:]*:(?!\\d{1,5}/).*)@");

  /** The characters that every store takes as they are; Hadoop's paths cannot hold a colon. */
  private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9._=+-]+");

  /** What Java makes of bytes of an argument that it cannot read as text. */
  private static final char UNREADABLE = '\ufffd';

  private WorkspaceUri() {}

  /**
   * A place as a path, perhaps still without scheme.
   *
   * @throws StorageException with {@link Reason#INVALID} where it is none, {@link
   *     Reason#UNSUPPORTED} where this process cannot name it
   */
  static Path parse(String place, Configuration hadoop) {
    Path path = parse(place);
    if (isLocal(path, hadoop)) {
      requireNameable(path);
    }
    return path;
  }

  private static Path parse(String place) {
    if (place.isBlank()) {
      throw invalid("The place is empty", "Give a plain path or a URI, as in ./workspace");
    }
    if (place.equals("~") || place.startsWith("~/")) {
      throw invalid(
          "A ~ is not expanded here: " + place,
          "Write the path out, or ./~ for a folder of that name");
    }
    if (USER_INFO.matcher(place).find()) {
      throw invalid(
          "The URI " + redact(place) + " holds credentials or a user",
          "Leave them out; s3a takes AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from the"
              + " environment, hdfs takes HADOOP_USER_NAME or Kerberos");
    }
    Matcher uri = SCHEME.matcher(place);
    if (!uri.matches() && SCHEME_WITHOUT_SLASH.matcher(place).matches()) {
      throw invalid(
          Text.format("'%s' is not a path or URI", place),
          "Put a slash behind the scheme, or ./ before a name that holds a colon");
    }
    try {
      // Without a scheme by parts: a colon in a name would be taken for the end of one.
      return uri.matches()
          ? new Path(uri.group(1).toLowerCase(Locale.ROOT) + uri.group(2))
          : new Path(null, null, place);
    } catch (IllegalArgumentException e) {
      throw new StorageException(
          Reason.INVALID,
          Text.format(
              "'%s' is not a path or URI. Give a plain path or a URI, as in hdfs://host:8020/densespark",
              place),
          e);
    }
  }

  /** Whether a path of {@link #parse} is on this machine's disk. */
  static boolean isLocal(Path path, Configuration hadoop) {
    String scheme = path.toUri().getScheme();
    return LOCAL_SCHEME.equals(
        scheme == null ? FileSystem.getDefaultUri(hadoop).getScheme() : scheme);
  }

  /**
   * Checks that this process can name a file on this machine's disk: Java takes names through the
   * charset of the locale it was started with, which cannot be changed later.
   */
  private static void requireNameable(Path local) {
    String charset = System.getProperty("sun.jnu.encoding", "UTF-8");
    String name = local.toUri().getPath();
    if (name.indexOf(UNREADABLE) >= 0 || !Charset.forName(charset).newEncoder().canEncode(name)) {
      throw new StorageException(
          Reason.UNSUPPORTED,
          Text.format(
              "The name %s cannot be used in this locale, whose charset is %s. Set a UTF-8 locale, as in LC_ALL=C.UTF-8, and check that the name itself is UTF-8",
              name, charset));
    }
  }

  /** The text without the user of a URI, and without credentials. */
  static String redact(String text) {
    return Secrets.redact(USER_INFO.matcher(text).replaceAll("$1" + Secrets.HIDDEN + "@"));
  }

  /** Checks a path relative to the workspace, as in {@code runs/a/status.json}. */
  static String relative(String path) {
    for (String segment : path.split("/", -1)) {
      if (!SEGMENT.matcher(segment).matches() || segment.equals(".") || segment.equals("..")) {
        throw invalid(
            Text.format("The path '%s' cannot be used in a workspace", path),
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

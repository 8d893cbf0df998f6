package io.densespark.metrics;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Takes secrets out of settings before they are written anywhere. */
final class Secrets {

  static final String REPLACEMENT = "(redacted)";

  private static final String WORDS =
      "secret|passw|token|credential|access[._-]?key|private[._-]?key|session[._-]?key|api[._-]?key";

  private static final Pattern NAME = Pattern.compile("(?i).*(" + WORDS + ").*");

  /** User and password in a URI; greedy, as secret keys may hold slashes. */
  private static final Pattern USER_INFO = Pattern.compile("//\\S*@");

  /** Assignments inside longer values, as in {@code -Dsome.password=x} among JVM options. */
  private static final Pattern ASSIGNMENT =
      Pattern.compile(
          "(?i)([\\w.-]*(?:" + WORDS + ")[\\w.-]*\\s*[=:]\\s*)(\"[^\"]*\"|'[^']*'|\\S+)");

  /** Identifiers of AWS keys, wherever they stand. */
  private static final Pattern AWS_KEY_ID = Pattern.compile("\\b(AKIA|ASIA)[A-Z0-9]{12,}\\b");

  private Secrets() {}

  /** The settings, sorted, with every value that may hold a secret replaced whole or in part. */
  static Map<String, String> redact(Map<String, String> settings) {
    Map<String, String> redacted = new TreeMap<>();
    settings.forEach(
        (name, value) ->
            redacted.put(name, NAME.matcher(name).matches() ? REPLACEMENT : redact(value)));
    return Collections.unmodifiableMap(redacted);
  }

  private static String redact(String value) {
    String text = USER_INFO.matcher(value).replaceAll("//" + REPLACEMENT + "@");
    text = ASSIGNMENT.matcher(text).replaceAll("$1" + REPLACEMENT);
    return AWS_KEY_ID.matcher(text).replaceAll(REPLACEMENT);
  }
}

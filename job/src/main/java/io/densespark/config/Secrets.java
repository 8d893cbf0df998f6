package io.densespark.config;

import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Which entries for Spark must be seen nowhere; the same names that Spark itself hides. */
final class Secrets {

  static final String HIDDEN = "(hidden)";

  private static final Predicate<String> SECRET =
      Pattern.compile("(?i)secret|password|token|credential|access[.]?key").asPredicate();

  private Secrets() {}

  static boolean isSecret(String name) {
    return SECRET.test(name);
  }
}

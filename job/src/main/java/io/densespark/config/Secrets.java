package io.densespark.config;

import java.util.function.Predicate;
import java.util.regex.Pattern;

/** What must be seen nowhere. Names are taken for secrets where Spark does so too. */
final class Secrets {

  static final String HIDDEN = "(hidden)";

  private static final Predicate<String> SECRET =
      Pattern.compile("(?i)secret|password|token|credential|access[.]?key").asPredicate();

  private static final Pattern PASSWORD = Pattern.compile("(://[^/@:]*:)[^/@]*@");

  private Secrets() {}

  /** A value as it may be shown: hidden under a secret's name, and without a URI's password. */
  static String shown(String name, String value) {
    return isSecret(name) ? HIDDEN : PASSWORD.matcher(value).replaceAll("$1" + HIDDEN + "@");
  }

  static boolean isSecret(String name) {
    return SECRET.test(name);
  }
}

package io.densespark.config;

import java.util.function.Predicate;
import java.util.regex.Pattern;

/** What must be seen nowhere. Names are taken for secrets where Spark does so too. */
final class Secrets {

  static final String HIDDEN = "(hidden)";

  private static final Predicate<String> SECRET =
      Pattern.compile("(?i)secret|password|token|credential|access[.]?key").asPredicate();

  private static final Pattern PASSWORD = Pattern.compile("(://[^/@:]*:)[^/@]*@");

  /** What looks like a credential inside a longer text, such as a command. */
  private static final Predicate<String> INSIDE =
      Pattern.compile(
              "(?i)bearer\\s+\\S|basic\\s+[a-z0-9+/]{8}|://[^/@\\s]*:[^/@\\s]*@"
                  + "|(secret|passw(or)?d|token|api[._-]?key|access[._-]?key)['\"]?\\s*[=:]\\s*['\"]?[^\\s'\"$]"
                  + "|\\b(AKIA|ASIA)[A-Z0-9]{12,}")
          .asPredicate();

  private Secrets() {}

  /** Whether a text seems to hold a credential itself; one taken from a variable is none. */
  static boolean holdsSecret(String text) {
    return INSIDE.test(text);
  }

  /** A value as it may be shown: hidden under a secret's name, and without a URI's password. */
  static String shown(String name, String value) {
    return isSecret(name) || holdsSecret(PASSWORD.matcher(value).replaceAll(""))
        ? HIDDEN
        : PASSWORD.matcher(value).replaceAll("$1" + HIDDEN + "@");
  }

  static boolean isSecret(String name) {
    return SECRET.test(name);
  }
}

package io.densespark.settings;

import java.net.URISyntaxException;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a text must look like. */
public enum TextForm {
  ANY("a text that is not empty", text -> true),

  /** A path or a URI of any Hadoop file system. */
  URI(
      "a path or a URI without user, password or key; a ~ is not expanded",
      text -> !text.startsWith("~") && !Secrets.holdsSecret(text)),

  /** Address of a service. */
  HTTP(
      "an http or https address without user, password or key",
      text -> {
        try {
          java.net.URI address = new java.net.URI(text);
          return List.of("http", "https").contains(address.getScheme())
              && address.getHost() != null
              && !Secrets.holdsSecret(text);
        } catch (URISyntaxException e) {
          return false;
        }
      }),

  /** A name that can be part of a path. */
  NAME(
      "letters, digits, dots, dashes and underscores, at most 100, the first a letter or digit",
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}").asMatchPredicate()),

  /** Port numbers. */
  PORTS(
      "two ports, the lower first, as 40000-40100",
      text -> {
        Matcher ports = Pattern.compile("([0-9]{1,5})-([0-9]{1,5})").matcher(text);
        return ports.matches()
            && Integer.parseInt(ports.group(1)) >= 1
            && Integer.parseInt(ports.group(2)) <= 65535
            && Integer.parseInt(ports.group(1)) <= Integer.parseInt(ports.group(2));
      }),

  /** A command for a shell. */
  COMMAND(
      "a command without credentials: put those into a file it reads",
      text -> !Secrets.holdsSecret(text));

  private final String allowed;
  private final Predicate<String> condition;

  TextForm(String allowed, Predicate<String> condition) {
    this.allowed = allowed;
    this.condition = condition;
  }

  /** What is allowed, to stand after "must be". */
  public String allowed() {
    return allowed;
  }

  /** Whether a text has this form; an empty one has none. */
  public boolean fits(String text) {
    return !text.isBlank() && condition.test(text);
  }
}

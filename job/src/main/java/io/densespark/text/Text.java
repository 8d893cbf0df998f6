package io.densespark.text;

import java.util.Locale;

/** Makes text. */
public final class Text {

  private Text() {}

  /** {@link String#format} with digits 0 to 9 and no grouping but what the pattern asks for. */
  public static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}

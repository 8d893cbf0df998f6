package io.densespark.settings;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** One text for each value, whatever way it was written: {@code 1e-4} is {@code 0.0001}. */
public final class CanonicalText {

  private static final int LONG_DIGITS = 19;

  private CanonicalText() {}

  /**
   * A value as people read it, without quotation marks; digits are 0 to 9 in every locale, and
   * {@code ONE_CYCLE} is {@code one-cycle}.
   */
  public static String of(Object value) {
    if (value instanceof Double number && !Double.isFinite(number)) {
      return number.toString();
    }
    if (value instanceof Number number) {
      BigDecimal decimal = new BigDecimal(number.toString());
      // Zero keeps its scale when stripped of zeros: 0.0 must still be 0.
      if (decimal.signum() == 0) {
        return "0";
      }
      BigDecimal stripped = decimal.stripTrailingZeros();
      // A settings file takes digits alone for a whole number of 64 bits.
      boolean wide = stripped.precision() - stripped.scale() > LONG_DIGITS;
      return wide ? stripped.toString() : stripped.toPlainString();
    }
    if (value instanceof Duration duration) {
      return Spans.text(duration);
    }
    if (value instanceof List<?> list) {
      return list.stream().map(CanonicalText::of).collect(Collectors.joining(", ", "[", "]"));
    }
    if (value instanceof Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
    return String.valueOf(value);
  }
}

package io.densespark.cli;

import java.util.Locale;

/** Numbers as people read them. */
final class Amounts {

  private Amounts() {}

  /** A whole number with its thousands apart. */
  static String count(double number) {
    return Double.isFinite(number) ? String.format(Locale.ROOT, "%,d", Math.round(number)) : "-";
  }

  /** A loss or an accuracy. */
  static String fraction(double number) {
    return String.format(Locale.ROOT, "%.4f", number);
  }

  /** {@code 1:02:03} or {@code 2:03}. */
  static String clock(double seconds) {
    long whole = Math.round(seconds);
    return whole >= 3600
        ? "%d:%02d:%02d".formatted(whole / 3600, whole / 60 % 60, whole % 60)
        : "%d:%02d".formatted(whole / 60, whole % 60);
  }

  /** Seconds to a tenth. */
  static String seconds(double seconds) {
    return String.format(Locale.ROOT, "%,.1f", seconds);
  }
}

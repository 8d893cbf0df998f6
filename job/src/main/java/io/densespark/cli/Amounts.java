package io.densespark.cli;

import io.densespark.text.Text;

/** Numbers as people read them. */
final class Amounts {

  private Amounts() {}

  /** {@code 1:02:03} or {@code 2:03}. */
  static String clock(double seconds) {
    long whole = Math.round(seconds);
    return whole >= 3600
        ? Text.format("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
        : Text.format("%d:%02d", whole / 60, whole % 60);
  }

  /** Seconds to a tenth. */
  static String seconds(double seconds) {
    return Text.format("%,.1f", seconds);
  }
}

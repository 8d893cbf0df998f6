package io.densespark.report;

import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.List;

/**
 * From values to places along an axis, linearly with ticks at round values, or by their logarithm
 * with ticks at powers of two.
 *
 * @param low value at the start
 * @param high value at the end, above {@code low}
 * @param start place of {@code low}
 * @param end place of {@code high}
 * @param step between two ticks; their ratio where it is logarithmic
 */
record Scale(double low, double high, double start, double end, double step, boolean logarithmic) {

  /** A tick: where it is and what it says. */
  record Tick(String at, String label) {}

  /** An axis that ends at round values around the data. */
  static Scale rounded(double least, double greatest, double start, double end, int ticks) {
    double span = greatest > least ? greatest - least : Math.max(1e-9, Math.abs(least) * 0.1);
    double step = roundStep(span / ticks);
    double low = Math.floor(least / step + 1e-9) * step;
    double high = Math.ceil((greatest > least ? greatest : least + span) / step - 1e-9) * step;
    return new Scale(low, high, start, end, step, false);
  }

  /** An axis of whole numbers that begins and ends with the data. */
  static Scale whole(double least, double greatest, double start, double end, int ticks) {
    double high = greatest > least ? greatest : least + 1;
    return new Scale(
        least, high, start, end, Math.max(1, roundStep((high - least) / ticks)), false);
  }

  /** An axis between powers of two around the data, which is above 0. */
  static Scale doubling(double least, double greatest, double start, double end, int ticks) {
    double low = Math.floor(log2(least) + 1e-9);
    double high = Math.max(low + 1, Math.ceil(log2(greatest) - 1e-9));
    double step = Math.max(1, Math.ceil((high - low) / ticks));
    return new Scale(Math.pow(2, low), Math.pow(2, high), start, end, Math.pow(2, step), true);
  }

  private static double log2(double value) {
    return Math.log(value) / Math.log(2);
  }

  double place(double value) {
    if (logarithmic) {
      return start + Math.log(value / low) / Math.log(high / low) * (end - start);
    }
    return start + (value - low) / (high - low) * (end - start);
  }

  List<Tick> ticks() {
    List<Tick> ticks = new ArrayList<>();
    if (logarithmic) {
      for (double value = low; value <= high * (1 + 1e-9); value *= step) {
        ticks.add(
            new Tick(coordinate(place(value)), Text.format(value < 1 ? "%.3g" : "%,.0f", value)));
      }
      return ticks;
    }
    int decimals = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    for (double k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
      // Adding 0 makes a negative zero positive.
      String label = Text.format("%,." + decimals + "f", k * step + 0.0);
      ticks.add(new Tick(coordinate(place(k * step)), label));
    }
    return ticks;
  }

  /** A place to a tenth of a unit. */
  static String coordinate(double place) {
    return Text.format("%.1f", place);
  }

  /** The smallest of 1, 2 and 5 times a power of ten that is not below. */
  private static double roundStep(double least) {
    double power = Math.pow(10, Math.floor(Math.log10(least)));
    for (double factor : new double[] {1, 2, 5}) {
      if (factor * power >= least * (1 - 1e-9)) {
        return factor * power;
      }
    }
    return 10 * power;
  }
}

package io.densespark.settings;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lengths of time as text: {@code 30s}, {@code 1.5 hours}. A bare number is none. */
final class Spans {

  /** A unit of time, under the names it goes by. */
  private record Unit(long nanos, String name, String names) {}

  private static final List<Unit> UNITS =
      List.of(
          new Unit(86_400_000_000_000L, "d", "d|days?"),
          new Unit(3_600_000_000_000L, "h", "h|hours?"),
          new Unit(60_000_000_000L, "m", "m|minutes?"),
          new Unit(1_000_000_000L, "s", "s|seconds?"),
          new Unit(1_000_000L, "ms", "ms|millis|milliseconds?"),
          new Unit(1_000L, "us", "us|micros|microseconds?"),
          new Unit(1L, "ns", "ns|nanos|nanoseconds?"));

  private static final Pattern FORM = Pattern.compile("([0-9]{1,19}(?:\\.[0-9]{1,9})?) *([a-z]+)");

  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

  private Spans() {}

  /** The length of time; empty where the text is none. */
  static Optional<Duration> read(String text) {
    Matcher parts = FORM.matcher(text.strip());
    if (!parts.matches()) {
      return Optional.empty();
    }
    BigDecimal count = new BigDecimal(parts.group(1));
    return UNITS.stream()
        .filter(unit -> parts.group(2).matches(unit.names()))
        .map(unit -> count.multiply(BigDecimal.valueOf(unit.nanos())))
        // Longer than a setting may be, yet never so long that it would not fit.
        .map(nanos -> Duration.ofNanos(nanos.min(BigDecimal.valueOf(Long.MAX_VALUE)).longValue()))
        .findFirst();
  }

  static Duration parse(String text) {
    return read(text).orElseThrow(() -> new IllegalArgumentException("no length of time: " + text));
  }

  /** In the largest unit that leaves a whole number. */
  static String text(Duration span) {
    if (span.isZero() || span.abs().compareTo(LONGEST) > 0) {
      return span.isZero() ? "0s" : span.toString();
    }
    long nanos = span.toNanos();
    Unit unit = UNITS.stream().filter(one -> nanos % one.nanos() == 0).findFirst().orElseThrow();
    return nanos / unit.nanos() + unit.name();
  }
}

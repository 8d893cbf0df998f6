package io.densespark.job;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Values as cells of a table; what is not known is a dash. */
final class Figures {

  static final String UNKNOWN = "-";

  private static final DateTimeFormatter MINUTE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneOffset.UTC);

  private Figures() {}

  /** An accuracy or a loss. */
  static String fraction(Double value) {
    return value == null ? UNKNOWN : String.format(Locale.ROOT, "%.4f", value);
  }

  static String count(Double value) {
    return value == null ? UNKNOWN : String.format(Locale.ROOT, "%,d", Math.round(value));
  }

  /** Hours, minutes and seconds. */
  static String duration(Double seconds) {
    if (seconds == null) {
      return UNKNOWN;
    }
    long whole = Math.round(seconds);
    return String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }

  /** A time in UTC, to the minute. */
  static String minute(Instant time) {
    return time == null ? UNKNOWN : MINUTE.format(time);
  }

  static String text(Object value) {
    return value == null ? UNKNOWN : value.toString().toLowerCase(Locale.ROOT);
  }
}

package io.densespark.text;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Values as people read them; what is not known is a dash. */
public final class Figures {

  /** Stands for what is not known. */
  public static final String UNKNOWN = "-";

  private static final DateTimeFormatter MINUTE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

  private Figures() {}

  /** An accuracy or a loss. */
  public static String fraction(Double value) {
    return known(value) ? Text.format("%.4f", value) : UNKNOWN;
  }

  /** A whole number with its thousands apart. */
  public static String count(Number value) {
    return known(value) ? Text.format("%,d", Math.round(value.doubleValue())) : UNKNOWN;
  }

  /** Hours, minutes and seconds. */
  public static String duration(Double seconds) {
    if (!known(seconds)) {
      return UNKNOWN;
    }
    long whole = Math.round(seconds);
    return Text.format("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }

  /** A time in UTC, to the minute. */
  public static String minute(Instant time) {
    return time == null ? UNKNOWN : MINUTE.format(time);
  }

  /** A word in lower case. */
  public static String text(Object value) {
    return value == null ? UNKNOWN : value.toString().toLowerCase(Locale.ROOT);
  }

  /** A share of one as a percentage with a tenth. */
  public static String percent(double share) {
    return Double.isFinite(share) ? Text.format("%.1f %%", 100 * share) : UNKNOWN;
  }

  private static boolean known(Number value) {
    return value != null && Double.isFinite(value.doubleValue());
  }
}

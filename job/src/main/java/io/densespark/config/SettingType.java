package io.densespark.config;

import com.typesafe.config.ConfigException.BadValue;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What a setting may hold. Read values are {@code Long}, {@code Double}, {@code Boolean}, {@code
 * String}, {@link Duration} or a {@code List} of these. Texts are accepted for numbers, as HOCON
 * does, because a command line has nothing but texts.
 */
sealed interface SettingType {

  /** The value, or empty where it is of another type or out of range. */
  Optional<Object> read(ConfigValue value);

  /** What is allowed, to stand after "must be". */
  String allowed();

  /** A whole number, both ends included. */
  record Whole(long min, long max) implements SettingType {
    @Override
    public Optional<Object> read(ConfigValue value) {
      return decimal(value)
          .filter(number -> number.stripTrailingZeros().scale() <= 0)
          .filter(number -> number.compareTo(BigDecimal.valueOf(min)) >= 0)
          .filter(number -> number.compareTo(BigDecimal.valueOf(max)) <= 0)
          .map(BigDecimal::longValueExact);
    }

    @Override
    public String allowed() {
      if (max == Integer.MAX_VALUE) {
        return "a whole number of at least " + min;
      }
      return min == Long.MIN_VALUE ? "a whole number" : "a whole number from " + min + " to " + max;
    }
  }

  /** A number in an interval, whose ends may be excluded. */
  record Decimal(Bound min, Bound max) implements SettingType {

    /** One end of an interval; an infinite end is simply not stated. */
    record Bound(double at, boolean included) {}

    @Override
    public Optional<Object> read(ConfigValue value) {
      return decimal(value)
          .map(BigDecimal::doubleValue)
          .filter(this::contains)
          .map(Object.class::cast);
    }

    private boolean contains(double number) {
      return (min.included ? number >= min.at : number > min.at)
          && (max.included ? number <= max.at : number < max.at);
    }

    @Override
    public String allowed() {
      List<String> ends = new ArrayList<>();
      if (!Double.isInfinite(min.at)) {
        ends.add((min.included ? "at least " : "above ") + CanonicalText.of(min.at));
      }
      if (!Double.isInfinite(max.at)) {
        ends.add((max.included ? "at most " : "below ") + CanonicalText.of(max.at));
      }
      return ends.isEmpty() ? "a number" : "a number " + String.join(" and ", ends);
    }
  }

  /** Yes or no. */
  record Flag() implements SettingType {
    @Override
    public Optional<Object> read(ConfigValue value) {
      return switch (text(value).orElse("").toLowerCase(Locale.ROOT)) {
        case "true", "yes", "on" -> Optional.of(true);
        case "false", "no", "off" -> Optional.of(false);
        default -> Optional.empty();
      };
    }

    @Override
    public String allowed() {
      return "true or false";
    }
  }

  /** One of a few words. */
  record Choice(List<String> words) implements SettingType {
    @Override
    public Optional<Object> read(ConfigValue value) {
      return text(value).filter(words::contains).map(Object.class::cast);
    }

    @Override
    public String allowed() {
      return "one of " + String.join(", ", words);
    }
  }

  /** A text that fulfils a condition, which {@code described} puts in words. */
  record Text(String described, Predicate<String> condition) implements SettingType {
    @Override
    public Optional<Object> read(ConfigValue value) {
      return text(value).filter(condition).map(Object.class::cast);
    }

    @Override
    public String allowed() {
      return described;
    }
  }

  /** A length of time above zero, with its unit. */
  record Span() implements SettingType {
    @Override
    public Optional<Object> read(ConfigValue value) {
      // A bare number would be read as milliseconds, which nobody means.
      if (value.valueType() != ConfigValueType.STRING || decimal(value).isPresent()) {
        return Optional.empty();
      }
      try {
        Duration duration = value.atKey("span").getDuration("span");
        return duration.isNegative() || duration.isZero()
            ? Optional.empty()
            : Optional.of(duration);
      } catch (BadValue e) {
        return Optional.empty();
      }
    }

    @Override
    public String allowed() {
      return "a length of time with its unit, such as 30s or 2h";
    }
  }

  /** A list; on the command line {@code 1,2,3} does as well as {@code [1,2,3]}. */
  record Many(SettingType element, int minSize) implements SettingType {
    @Override
    public Optional<Object> read(ConfigValue value) {
      if (!(value instanceof ConfigList list) || list.size() < minSize) {
        return Optional.empty();
      }
      List<Object> elements = list.stream().flatMap(one -> element.read(one).stream()).toList();
      return elements.size() == list.size() ? Optional.of(elements) : Optional.empty();
    }

    @Override
    public String allowed() {
      String size = minSize == 0 ? "" : " of at least " + minSize;
      return "a list" + size + ", each " + element.allowed();
    }
  }

  /** A word of its own meaning, or a value of another type. */
  record OrWord(String word, SettingType other) implements SettingType {
    @Override
    public Optional<Object> read(ConfigValue value) {
      return text(value).filter(word::equals).map(Object.class::cast).or(() -> other.read(value));
    }

    @Override
    public String allowed() {
      return word + ", or " + other.allowed();
    }
  }

  private static Optional<String> text(ConfigValue value) {
    return switch (value.valueType()) {
      case STRING, NUMBER, BOOLEAN -> Optional.of(value.unwrapped().toString());
      case LIST, OBJECT, NULL -> Optional.empty();
    };
  }

  private static Optional<BigDecimal> decimal(ConfigValue value) {
    try {
      return text(value).map(BigDecimal::new).filter(number -> Math.abs(number.scale()) < 400);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}

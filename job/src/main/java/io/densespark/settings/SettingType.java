package io.densespark.settings;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * What a setting may hold, after the type of its record component. It reads what stands in a file
 * or on a command line, texts in place of numbers too, and values of the component alike.
 */
public sealed interface SettingType {

  /** The component's value, or empty where the given one is of another type or out of range. */
  Optional<Object> read(Object given);

  /** What is allowed, to stand after "must be". */
  String allowed();

  /** The component's value as it would be written: an empty one is its word. */
  default Object written(Object value) {
    return value;
  }

  /** Whether {@code 1,2,3} on a command line is a list. */
  default boolean isList() {
    return false;
  }

  /** The type of a record component. */
  static SettingType of(Type type, Setting setting) {
    if (type instanceof ParameterizedType generic) {
      SettingType inner = of(generic.getActualTypeArguments()[0], setting);
      return generic.getRawType() == List.class
          ? new Many(inner, setting.leastElements())
          : new OrEmpty(setting.word(), inner, Optional.empty());
    }
    Class<?> plain = (Class<?>) type;
    if (plain.isEnum()) {
      return new Choice(List.of(plain.getEnumConstants()), aliases(setting));
    }
    return switch (plain.getSimpleName()) {
      case "int" ->
          setting.word().isEmpty()
              ? of(Integer.class, setting)
              : new OrEmpty(setting.word(), of(Integer.class, setting), Setting.WORD_AS_NUMBER);
      case "Integer", "long", "Long" ->
          new Whole(Interval.parse(setting.range(), BigDecimal::new), plain != Integer.class);
      case "double", "Double" -> new Decimal(Interval.parse(setting.range(), BigDecimal::new));
      case "boolean" -> new Flag();
      case "String" -> new Text(setting.form());
      case "Duration" -> new Span(Interval.parse(setting.range(), Spans::parse));
      case "OptionalInt" ->
          new OrEmpty(setting.word(), of(Integer.class, setting), OptionalInt.empty());
      default -> throw new IllegalArgumentException("no setting can be of type " + type);
    };
  }

  /** A whole number of 64 bits, or of 32. */
  record Whole(Interval<BigDecimal> range, boolean wide) implements SettingType {
    @Override
    public Optional<Object> read(Object given) {
      Optional<BigDecimal> number =
          decimal(given)
              .filter(one -> one.stripTrailingZeros().scale() <= 0)
              .filter(range::contains)
              .filter(one -> one.toBigInteger().bitLength() < (wide ? Long.SIZE : Integer.SIZE));
      return wide ? number.map(BigDecimal::longValueExact) : number.map(BigDecimal::intValueExact);
    }

    @Override
    public String allowed() {
      return ("a whole number " + range.words()).strip();
    }
  }

  /** A finite number. */
  record Decimal(Interval<BigDecimal> range) implements SettingType {
    @Override
    public Optional<Object> read(Object given) {
      return decimal(given)
          .map(BigDecimal::doubleValue)
          .filter(Double::isFinite)
          .filter(number -> range.contains(BigDecimal.valueOf(number)))
          .map(Object.class::cast);
    }

    @Override
    public String allowed() {
      return ("a number " + range.words()).strip();
    }
  }

  /** Yes or no. */
  record Flag() implements SettingType {
    @Override
    public Optional<Object> read(Object given) {
      return switch (text(given).orElse("").toLowerCase(Locale.ROOT)) {
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

  /**
   * A constant of an enum, written as in {@code one-cycle}.
   *
   * @param aliases other words, and those that they stand for
   */
  record Choice(List<Object> constants, Map<String, String> aliases) implements SettingType {

    public Choice(List<Object> constants) {
      this(constants, Map.of());
    }

    @Override
    public Optional<Object> read(Object given) {
      Optional<String> word = text(given).map(one -> aliases.getOrDefault(one, one));
      return constants.stream()
          .filter(one -> one == given || word.filter(CanonicalText.of(one)::equals).isPresent())
          .findFirst();
    }

    @Override
    public String allowed() {
      return "one of " + String.join(", ", words());
    }

    /** How they are written. */
    public List<String> words() {
      return constants.stream().map(CanonicalText::of).toList();
    }
  }

  /** A text of some form. */
  record Text(TextForm form) implements SettingType {
    @Override
    public Optional<Object> read(Object given) {
      return text(given).filter(form::fits).map(Object.class::cast);
    }

    @Override
    public String allowed() {
      return form.allowed();
    }
  }

  /** A length of time above zero and below a century, with its unit. */
  record Span(Interval<Duration> range) implements SettingType {

    private static final Duration LONGEST = Duration.ofDays(36_500);

    @Override
    public Optional<Object> read(Object given) {
      Optional<Duration> span =
          given instanceof Duration duration
              ? Optional.of(duration)
              : given instanceof String text ? Spans.read(text) : Optional.empty();
      return span.filter(one -> !one.isNegative() && !one.isZero())
          .filter(one -> one.compareTo(LONGEST) <= 0)
          .filter(range::contains)
          .map(Object.class::cast);
    }

    @Override
    public String allowed() {
      String ends = range.words();
      return "a length of time with its unit, such as 30s or 2h, "
          + (ends.isEmpty() ? "at most " + CanonicalText.of(LONGEST) : ends);
    }
  }

  /** A list. */
  record Many(SettingType element, int least) implements SettingType {
    @Override
    public Optional<Object> read(Object given) {
      if (!(given instanceof List<?> list) || list.size() < least) {
        return Optional.empty();
      }
      List<Object> elements = list.stream().flatMap(one -> element.read(one).stream()).toList();
      return elements.size() == list.size() ? Optional.of(elements) : Optional.empty();
    }

    @Override
    public String allowed() {
      return "a list" + (least == 0 ? "" : " of at least " + least) + ", each " + element.allowed();
    }

    @Override
    public boolean isList() {
      return true;
    }
  }

  /** A value, or a word for none; {@code empty} is that of the component's type. */
  record OrEmpty(String word, SettingType other, Object empty) implements SettingType {
    @Override
    public Optional<Object> read(Object given) {
      if (word.equals(given) || empty.equals(given)) {
        return Optional.of(empty);
      }
      if (empty instanceof OptionalInt) {
        Object number = given instanceof OptionalInt some ? some.getAsInt() : given;
        return other.read(number).map(value -> OptionalInt.of((Integer) value));
      }
      if (empty instanceof Integer) {
        return other.read(given);
      }
      return other.read(given instanceof Optional<?> some ? some.get() : given).map(Optional::of);
    }

    @Override
    public Object written(Object value) {
      if (empty.equals(value)) {
        return word;
      }
      if (value instanceof OptionalInt some) {
        return some.getAsInt();
      }
      return value instanceof Optional<?> some ? some.get() : value;
    }

    @Override
    public String allowed() {
      return word + ", or " + other.allowed();
    }
  }

  /** A value, or a word that leaves a preset's own. */
  record OrPreset(SettingType other) implements SettingType {

    /** Stands for the value of the preset. */
    public static final String WORD = "preset";

    @Override
    public Optional<Object> read(Object given) {
      return WORD.equals(given) ? Optional.of(WORD) : other.read(given);
    }

    @Override
    public String allowed() {
      return WORD + ", or " + other.allowed();
    }

    @Override
    public boolean isList() {
      return other.isList();
    }

    @Override
    public Object written(Object value) {
      return other.written(value);
    }
  }

  private static Map<String, String> aliases(Setting setting) {
    return Arrays.stream(setting.aliases())
        .map(alias -> alias.split(" = "))
        .collect(Collectors.toMap(sides -> sides[0], sides -> sides[1]));
  }

  private static Optional<String> text(Object given) {
    return given instanceof String || given instanceof Number || given instanceof Boolean
        ? Optional.of(given.toString())
        : Optional.empty();
  }

  private static Optional<BigDecimal> decimal(Object given) {
    try {
      // A scale beyond that of any double would cost memory for nothing.
      return text(given).map(BigDecimal::new).filter(number -> Math.abs(number.scale()) < 400);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}

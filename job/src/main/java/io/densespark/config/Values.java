package io.densespark.config;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Values that fit their types, by key. */
final class Values {

  private final Map<String, Object> values;

  Values(Map<String, Object> values) {
    this.values = values;
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  Object get(String key) {
    return values.get(key);
  }

  boolean is(String key, Object expected) {
    return expected.equals(values.get(key));
  }

  /** Whether a setting counts, given the one that it depends on. */
  boolean isUsed(Setting setting) {
    return setting
        .usage()
        .map(usage -> usage.words().contains(String.valueOf(values.get(usage.selector()))))
        .orElse(true);
  }

  String text(String key) {
    return (String) values.get(key);
  }

  int whole(String key) {
    return Math.toIntExact((Long) values.get(key));
  }

  long wide(String key) {
    return (Long) values.get(key);
  }

  double number(String key) {
    return (Double) values.get(key);
  }

  boolean flag(String key) {
    return (Boolean) values.get(key);
  }

  Duration span(String key) {
    return (Duration) values.get(key);
  }

  List<Double> numbers(String key) {
    return ((List<?>) values.get(key)).stream().map(Double.class::cast).toList();
  }

  List<Integer> wholes(String key) {
    return ((List<?>) values.get(key))
        .stream().map(Long.class::cast).map(Math::toIntExact).toList();
  }

  /** The number, or empty where a word such as {@code all} stands in its place. */
  OptionalInt wholeUnlessWord(String key) {
    return values.get(key) instanceof Long number
        ? OptionalInt.of(Math.toIntExact(number))
        : OptionalInt.empty();
  }

  Optional<Duration> spanUnlessWord(String key) {
    return values.get(key) instanceof Duration span ? Optional.of(span) : Optional.empty();
  }

  Optional<String> textUnless(String word, String key) {
    return Optional.of(text(key)).filter(text -> !text.equals(word));
  }

  /** The constant whose name is the word: {@code one-cycle} is {@code ONE_CYCLE}. */
  <E extends Enum<E>> E constant(Class<E> type, String key) {
    return Enum.valueOf(type, text(key).toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}

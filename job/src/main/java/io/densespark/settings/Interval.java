package io.densespark.settings;

import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Values between two ends, each of which may be missing or left out itself.
 *
 * @param <T> their type
 */
record Interval<T extends Comparable<T>>(
    Optional<T> least, boolean includesLeast, Optional<T> most, boolean includesMost) {

  private static final Pattern FORM =
      Pattern.compile("([\\[(])\\s*([^,\\s]*)\\s*,\\s*([^,\\s]*)\\s*([\\])])");

  /** Reads {@code [1, 1024]}, {@code (0, )} and the like. */
  static <T extends Comparable<T>> Interval<T> parse(String text, Function<String, T> end) {
    Matcher parts = FORM.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("not an interval: " + text);
    }
    return new Interval<>(
        Optional.of(parts.group(2)).filter(one -> !one.isEmpty()).map(end),
        parts.group(1).equals("["),
        Optional.of(parts.group(3)).filter(one -> !one.isEmpty()).map(end),
        parts.group(4).equals("]"));
  }

  boolean contains(T value) {
    int aboveLeast = least.map(value::compareTo).orElse(1);
    int belowMost = most.map(end -> end.compareTo(value)).orElse(1);
    return (aboveLeast > 0 || aboveLeast == 0 && includesLeast)
        && (belowMost > 0 || belowMost == 0 && includesMost);
  }

  /** Both ends in words, such as {@code above 0 and at most 1}; nothing where there is none. */
  String words() {
    if (least.isPresent() && includesLeast && most.isPresent() && includesMost) {
      return "from " + CanonicalText.of(least.get()) + " to " + CanonicalText.of(most.get());
    }
    String low = end(least, includesLeast ? "of at least " : "above ");
    String high = end(most, includesMost ? "at most " : "below ");
    return low + (low.isEmpty() || high.isEmpty() ? "" : " and ") + high;
  }

  private String end(Optional<T> end, String word) {
    return end.map(value -> word + CanonicalText.of(value)).orElse("");
  }
}

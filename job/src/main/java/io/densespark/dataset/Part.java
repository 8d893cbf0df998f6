package io.densespark.dataset;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What examples are used for. */
enum Part {
  TRAIN,
  VALIDATION,
  TEST;

  private static final Pattern WORD =
      Pattern.compile(
          "(?<![a-z])(training|train|validation|valid|val|dev|testing|test|t10k)(?![a-z])");

  /** The part that a word names, in capitals or not. */
  static Optional<Part> of(String word) {
    return switch (word.strip().toLowerCase(Locale.ROOT)) {
      case "train", "training" -> Optional.of(TRAIN);
      case "validation", "valid", "val", "dev" -> Optional.of(VALIDATION);
      case "test", "testing", "t10k" -> Optional.of(TEST);
      default -> Optional.empty();
    };
  }

  /** The first word in a path that names a part, such as {@code test-00000-of-00001.parquet}. */
  static Optional<String> wordIn(String path) {
    Matcher word = WORD.matcher(path.toLowerCase(Locale.ROOT));
    return word.find() ? Optional.of(word.group()) : Optional.empty();
  }
}

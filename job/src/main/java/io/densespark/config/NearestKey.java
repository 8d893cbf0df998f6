package io.densespark.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Guesses which key was meant by one that does not exist. */
final class NearestKey {

  private NearestKey() {}

  /**
   * The key most like the unknown one: by edit distance over the whole key, or by a last word that
   * stands in another section. Case, underscores and camel case do not count.
   */
  static Optional<String> among(Collection<String> keys, String unknown) {
    String wanted = normalised(unknown);
    return keys.stream()
        .filter(key -> distance(key, wanted) <= Math.max(2, wanted.length() / 6))
        .min(Comparator.comparingInt(key -> distance(key, wanted)))
        .or(
            () ->
                keys.stream()
                    .filter(key -> nearlySame(lastWord(key), lastWord(wanted)))
                    .findFirst());
  }

  private static boolean nearlySame(String word, String wanted) {
    return distance(word, wanted) <= (wanted.length() < 4 ? 0 : wanted.length() / 5);
  }

  private static String normalised(String key) {
    return key.replaceAll("([a-z0-9])([A-Z])", "$1-$2").replace('_', '-').toLowerCase(Locale.ROOT);
  }

  private static String lastWord(String key) {
    return key.substring(key.lastIndexOf('.') + 1);
  }

  private static int distance(String a, String b) {
    return LevenshteinDistance.getDefaultInstance().apply(a, b);
  }
}

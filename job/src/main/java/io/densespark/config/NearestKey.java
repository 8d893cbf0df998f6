package io.densespark.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Guesses which key was meant by one that does not exist. */
final class NearestKey {

  private NearestKey() {}

  /**
   * The key most like the unknown one: by edit distance over the whole key, or by a last word that
   * stands in another section. Case, underscores and camel case do not count.
   */
  static Optional<String> among(Collection<String> keys, String unknown) {
    String wanted = normalised(unknown);
    Optional<String> near =
        keys.stream()
            .filter(key -> distance(key, wanted) <= Math.max(2, wanted.length() / 6))
            .min(Comparator.comparingInt(key -> distance(key, wanted)));
    return near.or(
        () -> keys.stream().filter(key -> nearlySame(lastWord(key), lastWord(wanted))).findFirst());
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

  /** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
  static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int replacement = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int best = Math.min(cost[i - 1][j], cost[i][j - 1]) + 1;
        best = Math.min(best, cost[i - 1][j - 1] + replacement);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          best = Math.min(best, cost[i - 2][j - 2] + 1);
        }
        cost[i][j] = best;
      }
    }
    return cost[a.length()][b.length()];
  }
}

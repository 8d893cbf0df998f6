package io.densespark.images;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Files below the inputs that were not taken for images.
 *
 * @param reason why
 * @param files how many
 * @param names the first thousand of them
 */
public record LeftOut(String reason, long files, List<String> names) {

  private static final int NAMED = 1000;

  public LeftOut {
    names = List.copyOf(names);
  }

  /** Collects them by reason. */
  public static final class Collector {
    private final Map<String, List<String>> names = new TreeMap<>();
    private final Map<String, Long> counts = new TreeMap<>();

    /** Adds a file. */
    public void add(String name, String reason) {
      List<String> known = names.computeIfAbsent(reason, r -> new ArrayList<>());
      if (counts.merge(reason, 1L, Long::sum) <= NAMED) {
        known.add(name);
      }
    }

    /** By reason. */
    public List<LeftOut> list() {
      List<LeftOut> list = new ArrayList<>();
      counts.forEach((reason, files) -> list.add(new LeftOut(reason, files, names.get(reason))));
      return list;
    }
  }
}

package io.densespark.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which version goes by which alias.
 *
 * @param newest number of the newest version; 0: there is none
 * @param candidate the version registered last; null: there is none
 * @param champion the version to use; null: none was promoted yet
 * @param former champions before this one, the latest last; a rollback returns to it
 */
public record Aliases(int newest, Integer candidate, Integer champion, List<Integer> former) {

  /** Of a registry without versions. */
  static final Aliases NONE = new Aliases(0, null, null, List.of());

  private static final int REMEMBERED = 100;

  public Aliases {
    former = former == null ? List.of() : List.copyOf(former);
  }

  Aliases registered(int version) {
    return new Aliases(version, version, champion, former);
  }

  Aliases promoted(int version) {
    if (isChampion(version)) {
      return this;
    }
    List<Integer> before = new ArrayList<>(former);
    if (champion != null) {
      before.add(champion);
    }
    return new Aliases(
        newest,
        candidate,
        version,
        before.subList(Math.max(0, before.size() - REMEMBERED), before.size()));
  }

  /** Back to an earlier champion, which is the last of {@code former} that has this number. */
  Aliases rolledBackTo(int version) {
    return new Aliases(newest, candidate, version, former.subList(0, former.lastIndexOf(version)));
  }

  boolean isChampion(int version) {
    return champion != null && champion == version;
  }

  /** The champion before this one. */
  public Optional<Integer> previous() {
    return former.isEmpty() ? Optional.empty() : Optional.of(former.get(former.size() - 1));
  }
}

package io.densespark.sync;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Executors that Spark decommissions, over the jobs of a run. Each is a reason to save the state
 * once, as its like may soon follow it, even where it has gone before a slot could be asked.
 */
final class LeavingExecutors {

  private final Predicate<String> isLeaving;
  private final Set<String> known = new HashSet<>();
  private boolean stateOwed;

  /**
   * @param isLeaving whether Spark decommissions an executor
   */
  LeavingExecutors(Predicate<String> isLeaving) {
    this.isLeaving = isLeaving;
  }

  /** Looks at executors that have slots; to be called often, as some are gone within seconds. */
  synchronized void look(Collection<String> executors) {
    for (String executor : executors) {
      stateOwed |= isLeaving.test(executor) && known.add(executor);
    }
  }

  /** Whether a state is to be saved for the sake of one of them. */
  synchronized boolean isStateOwed() {
    return stateOwed;
  }

  /** A state has been saved. */
  synchronized void stateKept() {
    stateOwed = false;
  }
}

package io.densespark.job.verb;

import java.util.Comparator;
import java.util.function.Function;

/** Orders in which runs can be listed; what a run lacks puts it last. */
public enum RunOrder {
  /** Newest first. */
  STARTED(descending(RunSummary::startedAt)),
  /** Best first. */
  ACCURACY(descending(RunSummary::testAccuracy)),
  /** Fastest first. */
  SPEED(descending(RunSummary::imagesPerSecond)),
  /** By id. */
  ID(Comparator.comparing(RunSummary::runId));

  private final Comparator<RunSummary> comparator;

  RunOrder(Comparator<RunSummary> comparator) {
    this.comparator = comparator.thenComparing(RunSummary::runId);
  }

  Comparator<RunSummary> comparator() {
    return comparator;
  }

  private static <T extends Comparable<? super T>> Comparator<RunSummary> descending(
      Function<RunSummary, T> value) {
    return Comparator.comparing(value, Comparator.nullsLast(Comparator.<T>reverseOrder()));
  }
}

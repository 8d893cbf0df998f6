package io.densespark.sync;

import java.io.Serializable;

/**
 * Called on a slot before it computes a rank's local gradient. What it throws is an error of that
 * rank: this is where tests make a rank of a certain step fail, late, or end its process.
 */
@FunctionalInterface
public interface StepProbe extends Serializable {

  StepProbe NONE = (rank, step) -> {};

  /**
   * @param step global step under way, from 1
   */
  void before(int rank, int step);
}

package io.densespark.sync;

import java.io.Serializable;
import java.util.Comparator;

/**
 * One try of a job's barrier stage, the later the greater.
 *
 * @param number of the driver's attempts to run the job, from 1
 * @param stage of Spark's attempts to run the stage, from 0
 */
record Attempt(int number, int stage) implements Comparable<Attempt>, Serializable {

  @Override
  public int compareTo(Attempt other) {
    return Comparator.comparingInt(Attempt::number)
        .thenComparingInt(Attempt::stage)
        .compare(this, other);
  }

  @Override
  public String toString() {
    return number + "." + stage;
  }
}

package io.densespark.sync.endpoint;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.ExecutorDecommission;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;

/**
 * Executors that Spark decommissions, over the jobs of a run. Each is a reason to save the state
 * once, as its like may soon follow it, even where it has gone before a slot could be asked: Spark
 * tells a listener of the end of those that have left between two looks, or between two jobs.
 */
public final class LeavingExecutors extends SparkListener {

  private final Predicate<String> isLeaving;
  private final Set<String> known = new HashSet<>();
  private boolean stateOwed;

  /** Those of a context, which tells it until {@link SparkContext#removeSparkListener}. */
  public static LeavingExecutors of(SparkContext spark) {
    LeavingExecutors leaving =
        new LeavingExecutors(
            executor -> spark.taskScheduler().getExecutorDecommissionState(executor).nonEmpty());
    spark.addSparkListener(leaving);
    return leaving;
  }

  /**
   * @param isLeaving whether Spark decommissions an executor
   */
  LeavingExecutors(Predicate<String> isLeaving) {
    this.isLeaving = isLeaving;
  }

  /** Looks at executors that have slots; to be called often, as some are gone within seconds. */
  void look(Collection<String> executors) {
    executors.stream().filter(isLeaving).forEach(this::leaves);
  }

  @Override
  public void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
    if (removed.reason().startsWith(ExecutorDecommission.msgPrefix())) {
      leaves(removed.executorId());
    }
  }

  private synchronized void leaves(String executor) {
    stateOwed |= known.add(executor);
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

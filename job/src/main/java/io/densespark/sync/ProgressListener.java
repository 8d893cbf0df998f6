package io.densespark.sync;

import java.util.Collection;
import java.util.List;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.util.CollectionAccumulator;
import scala.collection.JavaConverters;

/**
 * Takes step metrics out of the heartbeats by which executors report accumulators of running tasks:
 * live progress without a channel of our own.
 */
final class ProgressListener extends SparkListener {

  private final CollectionAccumulator<StepMetrics> progress;
  private final StepObserver observer;
  private int lastStep;

  /**
   * @param lastStep global step up to which the observer knows everything
   */
  ProgressListener(
      CollectionAccumulator<StepMetrics> progress, StepObserver observer, int lastStep) {
    this.progress = progress;
    this.observer = observer;
    this.lastStep = lastStep;
  }

  @Override
  public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
    JavaConverters.seqAsJavaList(event.accumUpdates())
        .forEach(task -> JavaConverters.seqAsJavaList(task._4()).forEach(this::readUpdate));
  }

  private void readUpdate(AccumulableInfo info) {
    if (info.id() == progress.id()
        && info.update().isDefined()
        && info.update().get() instanceof Collection<?> values) {
      values.forEach(value -> tell((StepMetrics) value));
    }
  }

  /** Tells the steps that no heartbeat brought. */
  void finish(List<StepMetrics> steps) {
    steps.forEach(this::tell);
  }

  private synchronized void tell(StepMetrics step) {
    if (step.step() > lastStep) {
      lastStep = step.step();
      observer.onStep(step);
    }
  }
}

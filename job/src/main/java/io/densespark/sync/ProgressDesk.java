package io.densespark.sync;

import io.densespark.sync.collective.RunSecret;
import io.densespark.train.StepMetrics;
import java.util.List;
import org.apache.spark.rpc.IsolatedThreadSafeRpcEndpoint;
import org.apache.spark.rpc.RpcCallContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the driver hears of steps while they are done, and tells an observer of each once and in
 * order. It has a thread of its own: an observer that waits for a slow store holds up nobody.
 *
 * <p>Reports may be lost; they are not missed. What does not follow the last step told waits for
 * {@link #finish}, which knows all steps.
 */
final class ProgressDesk extends JobEndpoint implements IsolatedThreadSafeRpcEndpoint {

  private static final Logger LOG = LoggerFactory.getLogger(ProgressDesk.class);

  private final StepObserver observer;
  private int lastStep;

  private ProgressDesk(RunSecret secret, String job, StepObserver observer, int lastStep) {
    super(secret, job);
    this.observer = observer;
    this.lastStep = lastStep;
  }

  /**
   * Opens the desk of a job; rank 0 finds it under {@link #nameOf}.
   *
   * @param lastStep global step up to which the observer knows everything
   */
  static ProgressDesk open(RunSecret secret, String job, StepObserver observer, int lastStep) {
    ProgressDesk desk = new ProgressDesk(secret, job, observer, lastStep);
    desk.openAs(nameOf(job));
    return desk;
  }

  /** The endpoint's name for a job. */
  static String nameOf(String job) {
    return nameOf("progress", job);
  }

  @Override
  void hear(byte[] sealed, RpcCallContext context) {
    ProgressReport report = ProgressReport.open(secret, job, sealed);
    if (report == null) {
      LOG.warn("refused a report of steps that does not know the run's secret");
      refuse(context);
      return;
    }
    tell(report.steps());
  }

  /** Tells the steps of the whole epoch that no report brought. */
  void finish(List<StepMetrics> steps) {
    tell(steps);
  }

  /** Global steps that are known to be done. */
  synchronized int lastStep() {
    return lastStep;
  }

  private synchronized void tell(List<StepMetrics> steps) {
    for (StepMetrics step : steps) {
      if (step.step() == lastStep + 1) {
        lastStep++;
        observer.onStep(step);
      }
    }
  }
}

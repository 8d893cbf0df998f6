package io.densespark.sync.endpoint;

import io.densespark.sync.SlotPlace;
import io.densespark.sync.StepObserver;
import io.densespark.train.StepMetrics;
import java.util.List;

/**
 * Tells an observer of each step once and in order, on the driver. Reports may be lost; they are
 * not missed: what does not follow the last step told waits for the end of the epoch, where all
 * steps are known.
 */
public final class ToldSteps {

  private final StepObserver observer;
  private volatile int lastStep;

  /**
   * @param lastStep global step up to which the observer knows everything
   */
  public ToldSteps(StepObserver observer, int lastStep) {
    this.observer = observer;
    this.lastStep = lastStep;
  }

  /** Global steps that are known to be done. */
  public int lastStep() {
    return lastStep;
  }

  void placed(List<SlotPlace> slots) {
    observer.onPlaced(slots);
  }

  /** Tells of those that have not been told, as far as none is missing before them. */
  public synchronized void tell(List<StepMetrics> steps) {
    for (StepMetrics step : steps) {
      if (step.step() == lastStep + 1) {
        lastStep = step.step();
        observer.onStep(step);
      }
    }
  }
}

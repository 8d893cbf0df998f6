package io.densespark.job;

import io.densespark.sync.StepMetrics;
import io.densespark.sync.StepObserver;

/** Hands steps on to the display, with a speed that is calm enough to read. */
final class Progress implements StepObserver {

  /** Share of the newest step in the moving average. */
  private static final double NEWEST = 0.1;

  private final RunDisplay display;
  private double secondsPerImage;

  Progress(RunDisplay display) {
    this.display = display;
  }

  @Override
  public void onStep(StepMetrics step) {
    double seconds = step.totalNanos() / 1e9 / step.examples();
    secondsPerImage =
        secondsPerImage == 0 ? seconds : secondsPerImage + NEWEST * (seconds - secondsPerImage);
    display.step(step.epoch(), step.step(), step.loss(), 1 / secondsPerImage);
  }
}

package io.densespark.job.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.StepRecord;
import io.densespark.storage.Store;
import io.densespark.train.GradientNoise;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunMetricsTest {

  private static final int STEPS_PER_EPOCH = 3;

  @TempDir Path workspace;

  /**
   * A checkpoint within the second epoch, after which two more steps were logged and are redone.
   */
  @Test
  void theLogOfAResumedRunIsThatOfAnUndisturbedOneWithItsAverages() {
    RunDirectory undisturbed = directory("undisturbed");
    try (RunMetrics metrics = new RunMetrics(undisturbed, 1, at(0))) {
      steps(1, 9).forEach(metrics::onStep);
    }

    RunDirectory resumed = directory("resumed");
    try (RunMetrics metrics = new RunMetrics(resumed, 1, at(0))) {
      steps(1, 7).forEach(metrics::onStep);
    }
    try (RunMetrics metrics = new RunMetrics(resumed, 1, at(5))) {
      steps(6, 9).forEach(metrics::onStep);
    }

    assertThat(log(resumed)).hasSize(9).isEqualTo(log(undisturbed));
    assertThat(log(resumed).get(8).noiseScale()).isPositive();
  }

  private RunDirectory directory(String run) {
    return new RunDirectory(Store.open(workspace.toUri().toString(), new Configuration()), run);
  }

  private static List<StepRecord> log(RunDirectory directory) {
    return MetricsLog.read(directory.store(), directory.steps(), StepRecord.class);
  }

  private static TrainingState at(int step) {
    int before = step / STEPS_PER_EPOCH * STEPS_PER_EPOCH;
    return new TrainingState(
        step / STEPS_PER_EPOCH,
        step,
        new float[1],
        new float[0],
        List.of(),
        steps(before + 1, step));
  }

  private static List<StepMetrics> steps(int from, int to) {
    List<StepMetrics> steps = new ArrayList<>();
    for (int step = from; step <= to; step++) {
      GradientNoise noise = new GradientNoise(1.0 / step, 10 + step % 2);
      int epoch = 1 + (step - 1) / STEPS_PER_EPOCH;
      steps.add(new StepMetrics(step, epoch, 64, 2.0 / step, 0.1, 1, 20, 3, 4, 5, noise));
    }
    return steps;
  }
}

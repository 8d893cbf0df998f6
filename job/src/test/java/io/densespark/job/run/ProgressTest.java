package io.densespark.job.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.evaluation.EvaluationResult;
import io.densespark.job.SmallJobs;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunEvent;
import io.densespark.metrics.RunEvent.Kind;
import io.densespark.storage.Store;
import io.densespark.train.GradientNoise;
import io.densespark.train.StepMetrics;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgressTest {

  private static final String WARNING = "3 of 10 predictions are not finite and count as wrong";

  @TempDir private Path workspace;

  @Test
  void predictionsOfAnEpochThatAreNotFiniteAreTold() {
    assertThat(shown(3)).contains(WARNING);
    assertThat(shown(0)).hasSize(1).doesNotContain(WARNING);
  }

  @Test
  void eventsTellWhenTheFirstStepBeganAndWhenEachEpochWasEvaluated() {
    Progress progress = new Progress(new SmallJobs(workspace).display(), journal());
    Instant before = Instant.now();

    progress.onStep(step(1, Duration.ofSeconds(20)));
    progress.onStep(step(2, Duration.ofSeconds(1)));
    progress.onEpoch(epoch(0));

    List<RunEvent> events = directory().readEvents();
    assertThat(events).extracting(RunEvent::kind).containsExactly(Kind.TRAINING, Kind.EPOCH);
    assertThat(events.get(0).at()).isBetween(before.minusSeconds(20), before.minusSeconds(10));
    assertThat(events.get(1).at()).isAfterOrEqualTo(before);
    assertThat(events.get(1).detail()).isEqualTo("1 evaluated: accuracy 0.5000");
  }

  private List<String> shown(long notFinite) {
    SmallJobs runs = new SmallJobs(workspace);
    new Progress(runs.display(), journal()).onEpoch(epoch(notFinite));
    return runs.shown();
  }

  private RunDirectory directory() {
    return new RunDirectory(Store.open(workspace.toUri().toString(), new Configuration()), "run");
  }

  private RunJournal journal() {
    return new RunJournal(directory(), new SmallJobs(workspace).display());
  }

  private static StepMetrics step(int number, Duration time) {
    return new StepMetrics(number, 1, 64, 1, 0.1, 0, time.toNanos(), 0, 0, 0, GradientNoise.NONE);
  }

  private static RunListener.EpochEnd epoch(long notFinite) {
    EpochRecord record =
        new EpochRecord(1, 4, 1, 1.0, 0.5, null, null, 1, 1, 0.1, List.of(), List.of());
    EvaluationResult tested =
        new EvaluationResult(10, 1, 0.5, List.of(), List.of(), 0, List.of(), notFinite);
    return new RunListener.EpochEnd(record, tested, List.of(), false, null);
  }
}

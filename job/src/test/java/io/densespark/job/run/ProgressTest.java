package io.densespark.job.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.evaluation.EvaluationResult;
import io.densespark.job.SmallJobs;
import io.densespark.metrics.EpochRecord;
import java.nio.file.Path;
import java.util.List;
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

  private List<String> shown(long notFinite) {
    SmallJobs runs = new SmallJobs(workspace);
    EpochRecord record =
        new EpochRecord(1, 4, 1, 1.0, 0.5, null, null, 1, 1, 0.1, List.of(), List.of());
    EvaluationResult tested =
        new EvaluationResult(10, 1, 0.5, List.of(), List.of(), 0, List.of(), notFinite);
    new Progress(runs.display(), null)
        .onEpoch(new RunListener.EpochEnd(record, tested, List.of(), false, null));
    return runs.shown();
  }
}

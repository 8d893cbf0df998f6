package io.densespark.job.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.densespark.job.ExitCode;
import io.densespark.job.SharedSpark;
import io.densespark.job.SmallJobs;
import io.densespark.train.FlatVectors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Runs whose images are small at first. */
@ExtendWith(SharedSpark.class)
class ProgressiveSizesTest {

  private static final String SMALL_AT_FIRST = "data.progressive-sizes=16";

  private static SmallJobs runs;

  @BeforeAll
  static void trainOnce(@TempDir Path workspace) throws Exception {
    runs = new SmallJobs(workspace);
    assertThat(runs.train("progressive", SMALL_AT_FIRST)).isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void firstEpochIsThatOfARunOnSmallImagesAndTheSecondIsNot() throws Exception {
    runs.train("small", "data.image-size=16");

    assertThat(losses("progressive").subList(0, 4)).isEqualTo(losses("small").subList(0, 4));
    assertThat(losses("progressive").get(4)).isNotEqualTo(losses("small").get(4));
    assertThat(parameters("progressive", 1)).isEqualTo(parameters("small", 1));
    // Each is evaluated at its final size.
    assertThat(runs.log("progressive", "epochs").get(0).get("testLoss"))
        .isNotEqualTo(runs.log("small", "epochs").get(0).get("testLoss"));
  }

  @Test
  void goesOnBetweenTwoSizesWithTheSameBits() throws Exception {
    Throwable cut =
        catchThrowable(
            () ->
                new TrainJob(
                        runs.config("cut", SMALL_AT_FIRST), SmallJobs.displayThatFailsAfterEpoch(1))
                    .run());
    assertThat(cut).hasMessageContaining("plug");

    runs.train("cut", SMALL_AT_FIRST);

    assertThat(runs.allShown()).contains("resuming after epoch 1");
    assertThat(runs.sha("cut")).isEqualTo(runs.sha("progressive"));
  }

  private static List<Double> losses(String run) throws IOException {
    return runs.log(run, "steps").stream().map(step -> step.get("loss").asDouble()).toList();
  }

  private static String parameters(String run, int epoch) throws IOException {
    ComputationGraph graph =
        ModelSerializer.restoreComputationGraph(
            runs.file(run, "models/epoch-" + epoch + ".zip").toFile());
    return FlatVectors.sha256(FlatVectors.toArray(graph.params()));
  }
}

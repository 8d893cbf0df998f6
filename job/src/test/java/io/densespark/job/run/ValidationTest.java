package io.densespark.job.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.job.ExitCode;
import io.densespark.job.SharedSpark;
import io.densespark.job.SmallJobs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Runs that hold images out, and such as stop early by them. */
@ExtendWith(SharedSpark.class)
class ValidationTest {

  private static final String[] STOPS_AFTER_TWO = {
    "data.validation=56",
    "train.epochs=5",
    "train.early-stopping.patience=1",
    "train.early-stopping.min-gain=0.9"
  };

  private static SmallJobs runs;

  @BeforeAll
  static void trainOnce(@TempDir Path workspace) throws Exception {
    runs = new SmallJobs(workspace);
    assertThat(runs.train("stopped", STOPS_AFTER_TWO)).isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void everyEpochIsMeasuredOnTheImagesHeldOutAndTheLastOneOnTheTestImages() throws IOException {
    List<JsonNode> epochs = runs.log("stopped", "epochs");

    assertThat(epochs).hasSize(2);
    assertThat(epochs)
        .allSatisfy(
            epoch -> assertThat(epoch.get("validationAccuracy").asDouble()).isBetween(0.0, 1.0));
    assertThat(epochs.get(0).get("testAccuracy").isNull()).isTrue();
    assertThat(epochs.get(1).get("testAccuracy").asDouble()).isBetween(0.0, 1.0);
    assertThat(images(epochs.get(0))).isEqualTo(56);
    assertThat(images(epochs.get(1))).isEqualTo(100);
    // 200 images are left to train on, in batches of 64.
    assertThat(runs.log("stopped", "steps")).hasSize(8);
  }

  @Test
  void stoppingEarlyIsASuccessThatTheStatusTells() throws IOException {
    JsonNode status = runs.status("stopped");

    assertThat(status.get("state").asText()).isEqualTo("succeeded");
    assertThat(status.get("stoppedEarly").asBoolean()).isTrue();
    assertThat(status.get("epochs").asInt()).isEqualTo(2);
    for (String figure : List.of("validationAccuracy", "validationLoss", "testAccuracy")) {
      assertThat(status.get(figure)).isEqualTo(runs.log("stopped", "epochs").get(1).get(figure));
    }
  }

  @Test
  void goesOnToTheSameEpochWithTheSameBits() throws Exception {
    Throwable cut =
        catchThrowable(
            () ->
                new TrainJob(
                        runs.config("cut", STOPS_AFTER_TWO),
                        SmallJobs.displayThatFailsAfterEpoch(1))
                    .run());
    assertThat(cut).hasMessageContaining("plug");

    runs.train("cut", STOPS_AFTER_TWO);

    assertThat(runs.allShown()).contains("resuming after epoch 1");
    assertThat(runs.sha("cut")).isEqualTo(runs.sha("stopped"));
    assertThat(runs.status("cut").get("epochs").asInt()).isEqualTo(2);
  }

  @Test
  void choosingByTestImagesIsWarnedOf() throws Exception {
    runs.shown().clear();
    runs.train("tested", "train.epochs=1", "train.early-stopping.patience=3");

    assertThat(runs.allShown()).contains("data.validation");
    assertThat(runs.status("tested").get("stoppedEarly").asBoolean()).isFalse();
    assertThat(runs.status("tested").get("validationAccuracy").isNull()).isTrue();
  }

  private static long images(JsonNode epoch) {
    long counted = 0;
    for (JsonNode row : epoch.get("confusion")) {
      for (JsonNode cell : row) {
        counted += cell.asLong();
      }
    }
    return counted;
  }
}

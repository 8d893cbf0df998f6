package io.densespark.job.run;

import static io.densespark.job.SmallJobs.assertEnds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.job.ExitCode;
import io.densespark.job.SmallJobs;
import io.densespark.job.verb.DoctorJob;
import io.densespark.storage.Store;
import io.densespark.storage.StoreLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that cannot begin or go on: their exit codes and what they say. */
class TrainEndingsTest {

  private static SmallJobs runs;

  @BeforeAll
  static void begin(@TempDir Path workspace) {
    runs = new SmallJobs(workspace);
  }

  @Test
  void divergenceEndsTheRunWith21() throws Exception {
    Throwable diverged =
        catchThrowable(
            () ->
                runs.train(
                    "diverged",
                    "train.optimizer.kind=sgd",
                    "train.optimizer.learning-rate=1e38",
                    "train.schedule.warmup-epochs=0"));

    assertThat(ExitCode.of(diverged)).isEqualTo(ExitCode.DIVERGED);
    JsonNode status = runs.status("diverged");
    assertThat(status.get("state").asText()).isEqualTo("failed");
    assertThat(status.get("exitCode").asInt()).isEqualTo(21);
    assertThat(status.get("error").asText()).contains("learning-rate");
    assertThat(runs.file("diverged", "metrics/steps.parquet")).isNotEmptyFile();
    assertThat(runs.file("diverged", "metrics/epochs.parquet")).isNotEmptyFile();
  }

  @Test
  void timeLimitEndsTheRunWith22() throws Exception {
    Throwable late =
        catchThrowable(() -> runs.train("late", "train.time-limit=1s", "train.epochs=1000"));

    assertThat(ExitCode.of(late)).isEqualTo(ExitCode.TIMED_OUT);
    assertThat(runs.status("late").get("exitCode").asInt()).isEqualTo(22);
  }

  @Test
  void missingDataEndsWith10AndLeavesNoRun() {
    Throwable missing = catchThrowable(() -> runs.train("missing", "data.path=/does/not/exist"));

    assertThat(ExitCode.of(missing)).isEqualTo(ExitCode.DATA);
    assertThat(missing).hasMessageContaining("/does/not/exist");
    assertThat(runs.file("missing", "")).doesNotExist();
  }

  @Test
  void tooLittleMemoryForExecutorsEndsWith11AndLeavesNoRun() {
    Throwable small =
        catchThrowable(() -> runs.train("small", "spark.conf.\"spark.executor.memory\"=100m"));

    assertThat(ExitCode.of(small)).isEqualTo(ExitCode.PREFLIGHT);
    assertThat(small).hasMessageContaining("spark.executor.memory = 100m");
    assertThat(runs.file("small", "")).doesNotExist();
  }

  @Test
  void gpusThatOneProcessWouldWaitForEndWith11AndLeaveNoRun() {
    assertEnds(
            ExitCode.PREFLIGHT,
            () ->
                runs.train(
                    "waiting",
                    "spark.conf.\"spark.executor.resource.gpu.amount\"=1",
                    "spark.conf.\"spark.task.resource.gpu.amount\"=1"))
        .hasMessageContaining("assigns no GPUs")
        .hasMessageContaining("leave out");
    assertThat(runs.file("waiting", "")).doesNotExist();
  }

  @Test
  void outputThatCannotBeWrittenEndsTheRunWith11() throws IOException {
    Path file = Files.writeString(runs.workspace().resolve("a-file"), "x");
    assertEnds(ExitCode.PREFLIGHT, () -> runs.train("unwritable", "run.output=" + file + "/below"));
  }

  @Test
  void secondTrainingOfARunInTheSameMomentEndsWith40() throws Exception {
    try (Store store = Store.open(runs.workspace().toString(), new Configuration());
        StoreLock other =
            StoreLock.acquire(store, "run-shared", "train", Duration.ofMinutes(1), Duration.ZERO)) {
      assertEnds(ExitCode.LOCK_HELD, () -> runs.train("shared", "train.epochs=1"))
          .hasMessageContaining("run-shared")
          .hasMessageContaining("train");
      assertThat(runs.file("shared", "status.json")).doesNotExist();
      other.requireHeld();
    }
  }

  @Test
  void doctorFindsNothingWrongHere() {
    runs.shown().clear();
    ExitCode code = new DoctorJob(runs.config("unused"), runs.display()).run();

    assertThat(code).as(runs.allShown()).isEqualTo(ExitCode.SUCCESS);
    assertThat(runs.shown()).filteredOn(line -> line.startsWith("PASSED")).hasSize(6);
  }

  @Test
  void doctorSaysWhatIsWrong() {
    runs.shown().clear();
    ExitCode code =
        new DoctorJob(runs.config("unused", "data.path=/does/not/exist"), runs.display()).run();

    assertThat(code).isEqualTo(ExitCode.PREFLIGHT);
    assertThat(runs.allShown()).contains("FAILED data").contains("data.path");
  }
}

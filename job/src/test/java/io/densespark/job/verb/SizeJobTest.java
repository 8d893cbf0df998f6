package io.densespark.job.verb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.engine.EngineConfig;
import io.densespark.engine.Engines;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.JobException;
import io.densespark.job.SmallJobs;
import io.densespark.model.DenseNetGraph;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.learning.config.Sgd;

/** What processes are said to need; that executors keep to it is shown on a cluster. */
class SizeJobTest {

  private static final String[] BIG = {
    "model.growth-rate=32",
    "model.block-layers=[6,12,24]",
    "model.stem.channels=64",
    "train.batch-size=256"
  };

  @TempDir private Path workspace;
  private SmallJobs jobs;

  @BeforeEach
  void makeJobs() {
    jobs = new SmallJobs(workspace);
  }

  @Test
  void tensorsHaveRoomForThePlanAndTheFlatVectors() throws Exception {
    JsonNode sizes = sizes(1, 1, BIG);

    long plan;
    long parameters;
    try (Plan compiled =
        Engines.compile(
            DenseNetGraph.configuration(
                jobs.config("a", BIG).model().withClasses(10), 1, 32, 32, new Sgd(0.1), 0, 1),
            new PlanConfig(
                256, 1, PlanConfig.Purpose.TRAINING, 1, 32, 32, EngineConfig.defaults()))) {
      plan = compiled.summary().arenaBytes();
      parameters = compiled.parameterCount();
    }
    assertThat(sizes.get("parameters").asLong()).isEqualTo(parameters);
    assertThat(sizes.get("planBytes").asLong()).isGreaterThan(plan);
    // Parameters, gradient and Nesterov's velocity, in float32.
    assertThat(megabytes(sizes, "native") << 20).isGreaterThan(plan + 12 * parameters);
  }

  @Test
  void anExecutorOfMoreCoresNeedsMoreForEachOfThem() throws Exception {
    JsonNode one = sizes(4, 1, BIG);
    JsonNode four = sizes(4, 4, BIG);

    assertThat(one.get("executors").asInt()).isEqualTo(4);
    assertThat(four.get("executors").asInt()).isEqualTo(1);
    assertThat(four.get("executor").get("threads").asInt()).isEqualTo(4);
    assertThat(megabytes(four, "native"))
        .isBetween(3 * megabytes(one, "native"), 4 * megabytes(one, "native"));
    assertThat(megabytes(four, "heap")).isGreaterThan(megabytes(one, "heap"));
    assertThat(four.get("driver")).isEqualTo(one.get("driver"));
  }

  @Test
  void replicasThatShareASlotTakeHeapAndNoFurtherPlan() throws Exception {
    // Each rank has parameters and a velocity of its own.
    String[] many = Arrays.copyOf(BIG, BIG.length + 2);
    many[BIG.length + 1] = "sync.mode=parameter-averaging";
    many[BIG.length] = "sync.replicas=64";
    JsonNode shared = sizes(1, 1, many);
    JsonNode apart = sizes(64, 1, many);

    assertThat(shared.get("localBatch").asInt()).isEqualTo(4);
    assertThat(shared.get("planBytes")).isEqualTo(apart.get("planBytes"));
    assertThat(megabytes(shared, "heap")).isGreaterThan(megabytes(apart, "heap"));
  }

  @Test
  void imagesOfThreeChannelsTakeMoreOfTheDriver() throws Exception {
    String[] limits = {"data.train-limit=400000", "data.channels=1"};
    JsonNode grey = sizes(1, 1, limits);
    limits[1] = "data.channels=3";
    JsonNode colour = sizes(1, 1, limits);

    assertThat(colour.get("driver").get("heapMegabytes").asLong())
        .isGreaterThan(grey.get("driver").get("heapMegabytes").asLong());
    assertThat(colour.get("parameters").asLong()).isGreaterThan(grey.get("parameters").asLong());
  }

  @Test
  void settingsOfSparkSayTheSame() throws Exception {
    JsonNode sizes = sizes(2, 1);
    JsonNode settings = sizes.get("settings");
    long heap = megabytes(sizes, "heap");
    long overhead = megabytes(sizes, "overhead");

    assertThat(settings.get("spark.executor.memory").asText()).isEqualTo(heap + "m");
    assertThat(settings.get("spark.executor.memoryOverhead").asText()).isEqualTo(overhead + "m");
    assertThat(settings.get("spark.executor.instances").asText()).isEqualTo("2");
    assertThat(settings.get("spark.executor.extraJavaOptions").asText())
        .contains("maxbytes=" + megabytes(sizes, "native") + "m")
        .contains("maxphysicalbytes=" + (heap + overhead) + "m");
  }

  @Test
  void anEngineThatDoesNotKnowItsMemoryIsNotGuessedFor() {
    assertThatThrownBy(() -> sizes(1, 1, "engine.name=nd4j"))
        .isInstanceOf(JobException.class)
        .hasMessageContaining("nd4j");
  }

  private static long megabytes(JsonNode sizes, String part) {
    return sizes.get("executor").get(part + "Megabytes").asLong();
  }

  private JsonNode sizes(int slots, int cores, String... settings) throws Exception {
    SizeJob job =
        new SizeJob(jobs.config("a", settings), jobs.display(), OptionalInt.of(slots), cores, true);

    assertThat(job.run()).isEqualTo(ExitCode.SUCCESS);
    return SmallJobs.JSON.readTree(jobs.shown().get(jobs.shown().size() - 1));
  }
}

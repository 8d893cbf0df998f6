package io.densespark.engine.cuda;

import static io.densespark.job.SmallJobs.assertEnds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.data.OnError;
import io.densespark.images.ImageInputs.Format;
import io.densespark.job.ExitCode;
import io.densespark.job.Job;
import io.densespark.job.SmallJobs;
import io.densespark.job.SparkConnection;
import io.densespark.job.pipeline.EvaluateJob;
import io.densespark.job.run.TrainJob;
import io.densespark.job.verb.PredictJob;
import io.densespark.text.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job with this engine, from settings to files, in one process with a driver of two GPUs. */
class CudaJobTest {

  /** Its own: plans are kept for jobs to come. */
  private static final FakeCuda FAKE = new FakeCuda(2);

  private static final List<String> ABSENT = List.of("libdensespark-absent.so.1");
  private static final Path IMAGES =
      Path.of("../src/test/resources/fashion-mnist-sample").toAbsolutePath().normalize();

  /** A net, images and an epoch of a few steps that threads of a CPU compute in a second. */
  private static final List<String> TINY =
      List.of(
          "engine.name=cuda",
          "data.path=" + IMAGES,
          "data.image-size=8",
          "data.train-limit=52",
          "data.test-limit=30",
          "model.growth-rate=4",
          "model.block-layers=[1,1]",
          "model.stem.channels=4",
          "train.batch-size=12",
          // Slots compile kernels beside each other.
          "sync.timeout=5m");

  /** Three ranks on two slots: the second one's are no branch of the tree. */
  private static final Map<String, List<String>> WAYS =
      Map.of(
          "four", List.of("sync.replicas=4"),
          "three", List.of("sync.replicas=3", "train.ema-decay=0.9", "train.optimizer.kind=lars"),
          "bf16", List.of("sync.replicas=3", "sync.wire-format=bf16"),
          "averaging",
              List.of(
                  "sync.replicas=4",
                  "sync.mode=parameter-averaging",
                  "sync.averaging-frequency=2",
                  "train.optimizer.kind=adam",
                  "train.optimizer.learning-rate=0.01"));

  private static final Supplier<Libraries> ON_THIS_MACHINE = CudaEngine.ofProcess;
  private static SmallJobs runs;

  @BeforeAll
  static void trainOnOneSlot(@TempDir Path workspace) throws Exception {
    CudaEngine.ofProcess = FAKE::libraries;
    runs = new SmallJobs(workspace);
    onSlots(1, () -> assertThat(train("whole", "train.epochs=4")).isEqualTo(ExitCode.SUCCESS));
  }

  @AfterAll
  static void nothingWasOverwritten() {
    CudaEngine.ofProcess = ON_THIS_MACHINE;
    FAKE.eagerStreams(false);
    assertThat(FAKE.faults()).isZero();
  }

  @Test
  void learnsAndSaysOnWhat() throws Exception {
    List<JsonNode> epochs = runs.log("whole", "epochs");
    assertThat(epochs).hasSize(4);
    assertThat(loss(epochs.get(3))).isLessThan(loss(epochs.get(0)));
    assertThat(runs.file("whole", "model.zip")).isNotEmptyFile();
    assertThat(runs.file("whole", "checkpoints")).isNotEmptyDirectory();
    assertThat(runs.allShown())
        .contains("engine: cuda on sm_90, fake GPU, driver 13.0, NVRTC 13.0")
        .contains("slot 0: GPU 0 of executor driver")
        .contains("cuda has never run on a GPU");
    JsonNode provenance = SmallJobs.json(runs.file("whole", "provenance.json"));
    assertThat(provenance.get("devices").findValuesAsText("address")).containsExactly("0");
    assertThat(provenance.get("versions").get("engine").asText())
        .isEqualTo("cuda on sm_90, fake GPU, driver 13.0, NVRTC 13.0");
  }

  @Test
  void goesTheWayOfTheCpusEngine() throws Exception {
    onSlots(1, () -> train("onednn", "train.epochs=4", "engine.name=onednn"));
    List<JsonNode> expected = runs.log("onednn", "epochs");
    List<JsonNode> epochs = runs.log("whole", "epochs");
    for (int i = 0; i < epochs.size(); i++) {
      assertThat(loss(epochs.get(i))).isCloseTo(loss(expected.get(i)), within(0.01));
    }
  }

  @Test
  void aRunThatWasStoppedEndsWithTheSameBits() throws Exception {
    TrainJob fails =
        new TrainJob(
            runs.config("halved", settings("train.epochs=4")),
            SmallJobs.displayThatFailsAfterEpoch(2));
    onSlots(
        1,
        () -> {
          assertThat(catchThrowable(fails::run)).hasMessageContaining("plug");
          assertThat(train("halved", "train.epochs=4")).isEqualTo(ExitCode.SUCCESS);
        });
    assertThat(runs.allShown()).contains("resuming after epoch 2");
    assertThat(runs.sha("halved")).isEqualTo(runs.sha("whole"));
  }

  /** And whatever a GPU's streams do first. */
  @Test
  void ranksGiveTheSameBitsOnOneGpuAndOnTwo() throws Exception {
    Map<String, String> onOne = trainedOn(1);
    long before = FAKE.launches(1);
    FAKE.eagerStreams(true);
    Map<String, String> onTwo = trainedOn(2);

    assertThat(onTwo).isEqualTo(onOne);
    assertThat(onOne.values()).doesNotHaveDuplicates();
    assertThat(FAKE.launches(1)).isGreaterThan(before);
    JsonNode provenance = SmallJobs.json(runs.file("four-2", "provenance.json"));
    assertThat(provenance.get("devices").findValuesAsText("address")).containsExactly("0", "1");
  }

  @Test
  void modelsAreEvaluatedAndPredictOnTheGpu() throws Exception {
    runs.shown().clear();
    String model = runs.file("whole", "model.zip").toString();
    Path to = runs.workspace().resolve("predictions");
    EvaluateJob evaluate =
        new EvaluateJob(runs.config("unused", settings()), runs.display(), model);
    PredictJob predict =
        new PredictJob(
            runs.config("unused", settings()),
            runs.display(),
            Optional.of(model),
            List.of(IMAGES.resolve("t10k-images-idx3-ubyte.gz").toString()),
            Format.AUTO,
            to.toString(),
            false,
            OnError.FAIL,
            Optional.empty());
    onSlots(
        1,
        () -> {
          for (Job job : List.of(evaluate, predict)) {
            long before = FAKE.launches(0);
            assertThat(job.run()).isEqualTo(ExitCode.SUCCESS);
            assertThat(FAKE.launches(0)).isGreaterThan(before);
          }
        });
    double accuracy = runs.status("whole").get("testAccuracy").asDouble();
    assertThat(runs.allShown()).contains(Text.format("test accuracy %.4f", accuracy));
    assertThat(SmallJobs.json(to.resolve("_summary.json")).get("images").asInt()).isEqualTo(256);
  }

  @Test
  void aMachineWithoutADriverEndsTheRunWith11() throws Exception {
    CudaEngine.ofProcess = () -> Libraries.load(ABSENT, ABSENT);
    try {
      onSlots(
          1,
          () ->
              assertEnds(ExitCode.PREFLIGHT, () -> train("nowhere"))
                  .hasMessageContaining("engine cuda: cannot load " + ABSENT.get(0)));
    } finally {
      CudaEngine.ofProcess = FAKE::libraries;
    }
  }

  @Test
  void moreSlotsThanGpusEndTheRunWith11() throws Exception {
    onSlots(
        3,
        () ->
            assertEnds(ExitCode.PREFLIGHT, () -> train("crowded", "sync.replicas=3"))
                .hasMessageContaining("'2' is none of the 2")
                .hasMessageContaining("local[n]"));
  }

  private static Map<String, String> trainedOn(int slots) throws Exception {
    Map<String, String> trained = new LinkedHashMap<>();
    onSlots(
        slots,
        () -> {
          for (String way : WAYS.keySet()) {
            String run = way + "-" + slots;
            assertThat(train(run, WAYS.get(way).toArray(String[]::new)))
                .isEqualTo(ExitCode.SUCCESS);
            trained.put(way, runs.sha(run) + gradientLengths(run));
          }
        });
    return trained;
  }

  private static List<JsonNode> gradientLengths(String run) throws IOException {
    return runs.log(run, "steps").stream().map(step -> step.get("gradientSquared")).toList();
  }

  private interface Work {
    void run() throws Exception;
  }

  private static void onSlots(int count, Work work) throws Exception {
    SparkConnection spark =
        SparkConnection.open(runs.config("unused", "run.master=local[" + count + "]"));
    try {
      work.run();
    } finally {
      spark.close();
    }
  }

  private static ExitCode train(String run, String... more) {
    return runs.train(run, settings(more));
  }

  private static String[] settings(String... more) {
    List<String> settings = new ArrayList<>(TINY);
    settings.addAll(Arrays.asList(more));
    return settings.toArray(String[]::new);
  }

  private static double loss(JsonNode epoch) {
    return epoch.get("trainLoss").asDouble();
  }
}

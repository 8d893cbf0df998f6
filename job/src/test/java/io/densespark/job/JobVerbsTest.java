package io.densespark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfig;
import io.densespark.config.RunConfigLoader;
import io.densespark.model.DenseNetGraph;
import io.densespark.model.DenseNetPresets;
import io.densespark.model.ModelSignature;
import io.densespark.model.ModelZip;
import io.densespark.storage.Store;
import io.densespark.storage.StoreLock;
import io.densespark.train.FlatVectors;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.learning.config.Sgd;

/** Whole runs on an embedded Spark with two slots, on a few real images. */
class JobVerbsTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Path TEST_IMAGES =
      Path.of("src/test/resources/fashion-mnist-sample/t10k-images-idx3-ubyte.gz").toAbsolutePath();

  @TempDir private static Path workspace;
  private static final List<String> SHOWN = new ArrayList<>();

  private final JobVerbs verbs = new JobVerbs();

  @BeforeAll
  static void trainOnce() throws Exception {
    ExitCode code = new JobVerbs().train(config("first"), display());
    assertThat(code).isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void statusTellsWhatScriptsRelyOn() throws IOException {
    JsonNode status = readJson(file("first", "status.json"));

    assertThat(status.get("state").asText()).isEqualTo("succeeded");
    assertThat(status.get("exitCode").asInt()).isZero();
    assertThat(status.get("runId").asText()).isEqualTo("first");
    assertThat(status.get("epochs").asInt()).isEqualTo(2);
    assertThat(status.get("testAccuracy").asDouble()).isBetween(0.0, 1.0);
    assertThat(status.get("testLoss").asDouble()).isPositive();
    assertThat(status.get("imagesPerSecond").asDouble()).isPositive();
    assertThat(status.get("seconds").asDouble()).isPositive();
  }

  @Test
  void modelLoadsInPlainDl4jWithTheParametersOfTheStatus() throws IOException {
    ComputationGraph graph =
        ModelSerializer.restoreComputationGraph(file("first", "model.zip").toFile());

    assertThat(graph.getConfiguration().toJson()).doesNotContain("densespark");
    assertThat(FlatVectors.sha256(FlatVectors.toArray(graph.params())))
        .isEqualTo(readJson(file("first", "status.json")).get("parametersSha256").asText());
    assertThat(graph.getIterationCount()).isEqualTo(8);
  }

  @Test
  void metricsHoldEveryStepAndEpoch() throws IOException {
    List<String> steps = Files.readAllLines(file("first", "metrics/steps.jsonl"));
    List<String> epochs = Files.readAllLines(file("first", "metrics/epochs.jsonl"));

    assertThat(steps).hasSize(8);
    JsonNode last = JSON.readTree(steps.get(7));
    assertThat(last.get("step").asInt()).isEqualTo(8);
    // A half cosine from 0.05 after two steps of warm-up: lower at every step, to the end.
    double previous = 0.05;
    for (String line : steps.subList(3, 8)) {
      double rate = JSON.readTree(line).get("learningRate").asDouble();
      assertThat(rate).isPositive().isLessThan(previous);
      previous = rate;
    }
    assertThat(epochs).hasSize(2);
    JsonNode epoch = JSON.readTree(epochs.get(1));
    long counted = 0;
    for (JsonNode row : epoch.get("confusion")) {
      for (JsonNode cell : row) {
        counted += cell.asLong();
      }
    }
    assertThat(counted).isEqualTo(100);
    assertThat(epoch.get("perClass")).hasSize(10);
  }

  @Test
  void runDirectoryHoldsConfigurationProvenanceAndAModelForEachEpoch() throws IOException {
    assertThat(readJson(file("first", "config.json")).toString()).contains("batch-size");
    JsonNode provenance = readJson(file("first", "provenance.json"));
    assertThat(provenance.at("/versions/dl4j").asText()).isEqualTo("1.0.0-M2");
    assertThat(provenance.at("/versions/spark").asText()).startsWith("3.5");
    assertThat(provenance.get("data")).hasSize(4);
    assertThat(file("first", "models/epoch-1.zip")).isNotEmptyFile();
    assertThat(file("first", "models/epoch-2.zip")).isNotEmptyFile();
  }

  @Test
  void sameSeedGivesTheSameParameters() throws Exception {
    verbs.train(config("again"), display());

    assertThat(sha("again")).isEqualTo(sha("first"));
  }

  @Test
  void anotherSeedGivesOtherParameters() throws Exception {
    verbs.train(config("other", "train.seed=43"), display());

    assertThat(sha("other")).isNotEqualTo(sha("first"));
  }

  @Test
  void parameterAveragingTrains() throws Exception {
    verbs.train(
        config("averaging", "sync.mode=parameter-averaging", "sync.averaging-frequency=2"),
        display());

    JsonNode status = readJson(file("averaging", "status.json"));
    assertThat(status.get("state").asText()).isEqualTo("succeeded");
    assertThat(sha("averaging")).isNotEqualTo(sha("first"));
  }

  @Test
  void dl4jsOwnMasterTrains() throws Exception {
    verbs.train(
        config(
            "dl4j",
            "sync.mode=dl4j-parameter-averaging",
            "sync.averaging-frequency=1",
            "train.epochs=1"),
        display());

    JsonNode status = readJson(file("dl4j", "status.json"));
    assertThat(status.get("state").asText()).isEqualTo("succeeded");
    assertThat(status.get("testLoss").asDouble()).isLessThan(5);
  }

  @Test
  void referenceEngineAgreesAfterOneEpoch() throws Exception {
    verbs.train(config("onednn", "train.epochs=1", "train.optimizer.kind=sgd"), display());
    verbs.train(
        config("nd4j", "engine=nd4j", "train.epochs=1", "train.optimizer.kind=sgd"), display());

    double compiled = readJson(file("onednn", "status.json")).get("testLoss").asDouble();
    double reference = readJson(file("nd4j", "status.json")).get("testLoss").asDouble();
    System.out.printf("test loss after an epoch: %.6f and %.6f%n", compiled, reference);
    assertThat(compiled).isCloseTo(reference, within(1e-2));
  }

  @Test
  void evaluateRepeatsTheAccuracyOfTheRun() throws Exception {
    SHOWN.clear();
    verbs.evaluate(config("unused"), file("first", "model.zip").toString(), display());

    double accuracy = readJson(file("first", "status.json")).get("testAccuracy").asDouble();
    assertThat(String.join("\n", SHOWN)).contains(String.format("test accuracy %.4f", accuracy));
  }

  @Test
  void predictWritesWhatARunsModelSaysOfImages() throws Exception {
    Path to = workspace.resolve("predictions");
    SHOWN.clear();

    ExitCode code = verbs.predict(config("first"), request(TEST_IMAGES, to), display());

    assertThat(code).isEqualTo(ExitCode.SUCCESS);
    assertThat(String.join("\n", SHOWN)).contains("256 images in");
    JsonNode summary = readJson(to.resolve("_summary.json"));
    assertThat(summary.get("images").asInt()).isEqualTo(256);
    assertThat(summary.get("classes").findValues("Sneaker")).isNotNull();
    assertThat(to.resolve("_SUCCESS")).exists();
    Throwable refused =
        catchThrowable(() -> verbs.predict(config("first"), request(TEST_IMAGES, to), display()));
    assertThat(verbs.exitCodeOf(refused)).isEqualTo(ExitCode.PREFLIGHT);
  }

  @Test
  void predictEndsWith10ForAnImageThatIsTorn() throws Exception {
    Path folder = Files.createDirectories(workspace.resolve("torn images"));
    Files.write(folder.resolve("a.png"), new byte[] {1, 2, 3});
    Path to = workspace.resolve("from torn");

    Throwable torn =
        catchThrowable(() -> verbs.predict(config("first"), request(folder, to), display()));

    assertThat(verbs.exitCodeOf(torn)).isEqualTo(ExitCode.DATA);
    assertThat(to).doesNotExist();
  }

  @Test
  void predictEndsWith10WhereThereAreNoImages() {
    Throwable missing =
        catchThrowable(
            () ->
                verbs.predict(
                    config("first"),
                    request(workspace.resolve("nowhere"), workspace.resolve("unwritten")),
                    display()));

    assertThat(verbs.exitCodeOf(missing)).isEqualTo(ExitCode.DATA);
    assertThat(missing).hasMessageContaining("nowhere");
  }

  private static PredictRequest request(Path images, Path to) {
    return PredictRequest.of(
        Optional.empty(),
        List.of(images.toString()),
        "auto",
        to.toString(),
        false,
        "fail",
        Optional.empty());
  }

  @Test
  void refusesTheIdOfARunWithOtherSettings() throws Exception {
    Throwable refused =
        catchThrowable(() -> verbs.train(config("first", "train.seed=43"), display()));

    assertThat(verbs.exitCodeOf(refused)).isEqualTo(ExitCode.USAGE);
    assertThat(refused).hasMessageContaining("train.seed").hasMessageContaining("--fresh");
    assertThat(readJson(file("first", "status.json")).get("state").asText()).isEqualTo("succeeded");
  }

  @Test
  void doesNothingForARunThatIsFinished() throws Exception {
    byte[] before = Files.readAllBytes(file("first", "status.json"));
    SHOWN.clear();

    assertThat(verbs.train(config("first"), display())).isEqualTo(ExitCode.SUCCESS);
    assertThat(String.join("\n", SHOWN)).contains("finished already");
    assertThat(Files.readAllBytes(file("first", "status.json"))).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sync.mode=gradient-sharing",
        "sync.mode=parameter-averaging",
        "sync.wire-format=threshold"
      })
  void resumesAfterAnEpochWithTheSameBits(String mode) throws Exception {
    String name = mode.replaceAll("[^a-z]", "-");
    verbs.train(config(name, "train.epochs=4", mode), display());
    Throwable stopped =
        catchThrowable(
            () ->
                verbs.train(
                    config(name + "-halved", "train.epochs=4", mode),
                    displayThatFailsAfterEpoch(2)));
    assertThat(stopped).hasMessageContaining("plug");
    assertThat(readJson(file(name + "-halved", "status.json")).get("state").asText())
        .isEqualTo("failed");

    SHOWN.clear();
    verbs.train(config(name + "-halved", "train.epochs=4", mode), display());

    assertThat(String.join("\n", SHOWN)).contains("resuming after epoch 2");
    assertThat(sha(name + "-halved")).isEqualTo(sha(name));
    assertThat(Files.readAllLines(file(name + "-halved", "metrics/steps.jsonl"))).hasSize(16);
    assertThat(Files.readAllLines(file(name + "-halved", "metrics/epochs.jsonl"))).hasSize(4);
  }

  private static RunDisplay displayThatFailsAfterEpoch(int last) {
    return (RunDisplay)
        Proxy.newProxyInstance(
            RunDisplay.class.getClassLoader(),
            new Class<?>[] {RunDisplay.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("epoch")
                  && ((RunDisplay.EpochSummary) arguments[0]).epoch() == last) {
                throw new IllegalStateException("the plug was pulled");
              }
              return null;
            });
  }

  @Test
  void divergenceEndsTheRunWith21() throws Exception {
    Throwable diverged =
        catchThrowable(
            () ->
                verbs.train(
                    config(
                        "diverged",
                        "train.optimizer.kind=sgd",
                        "train.optimizer.learning-rate=1e38",
                        "train.schedule.warmup-epochs=0"),
                    display()));

    assertThat(verbs.exitCodeOf(diverged)).isEqualTo(ExitCode.DIVERGED);
    JsonNode status = readJson(file("diverged", "status.json"));
    assertThat(status.get("state").asText()).isEqualTo("failed");
    assertThat(status.get("exitCode").asInt()).isEqualTo(21);
    assertThat(status.get("error").asText()).contains("learning-rate");
  }

  @Test
  void timeLimitEndsTheRunWith22() throws Exception {
    Throwable late =
        catchThrowable(
            () ->
                verbs.train(config("late", "train.time-limit=1s", "train.epochs=1000"), display()));

    assertThat(verbs.exitCodeOf(late)).isEqualTo(ExitCode.TIMED_OUT);
    assertThat(readJson(file("late", "status.json")).get("exitCode").asInt()).isEqualTo(22);
  }

  @Test
  void missingDataEndsTheRunWith10() {
    Throwable missing =
        catchThrowable(
            () -> verbs.train(config("missing", "data.path=/does/not/exist"), display()));

    assertThat(verbs.exitCodeOf(missing)).isEqualTo(ExitCode.DATA);
    assertThat(missing).hasMessageContaining("/does/not/exist");
  }

  @Test
  void outputThatCannotBeWrittenEndsTheRunWith11() throws IOException {
    Path file = Files.writeString(workspace.resolve("a-file"), "x");
    Throwable unwritable =
        catchThrowable(
            () -> verbs.train(config("unwritable", "run.output=" + file + "/below"), display()));

    assertThat(verbs.exitCodeOf(unwritable)).isEqualTo(ExitCode.PREFLIGHT);
  }

  @Test
  void modelOfAnotherShapeIsRefused() throws IOException {
    Path five = workspace.resolve("five-classes.zip");
    ComputationGraph other =
        new ComputationGraph(
            DenseNetGraph.configuration(
                DenseNetPresets.named("densenet-bc").toBuilder().classes(5).build(),
                1,
                32,
                32,
                new Sgd(0.1),
                0,
                1));
    other.init();
    try (OutputStream out = Files.newOutputStream(five)) {
      ModelZip.write(other, new ModelSignature(1, 32, 32, 5), ModelZip.UpdaterState.LEFT_OUT, out);
    }

    Throwable refused =
        catchThrowable(() -> verbs.evaluate(config("unused"), five.toString(), display()));

    assertThat(verbs.exitCodeOf(refused)).isEqualTo(ExitCode.USAGE);
    assertThat(refused).hasMessageContaining("5").hasMessageContaining("10");
  }

  @Test
  void fileThatIsNoModelIsRefused() throws IOException {
    Path text = Files.writeString(workspace.resolve("text.zip"), "not a zip");

    Throwable refused =
        catchThrowable(() -> verbs.evaluate(config("unused"), text.toString(), display()));

    assertThat(verbs.exitCodeOf(refused)).isEqualTo(ExitCode.USAGE);
    assertThat(refused).hasMessageContaining("text.zip");
  }

  @Test
  void missingModelEndsWith10() {
    Throwable missing =
        catchThrowable(
            () ->
                verbs.evaluate(
                    config("unused"), workspace.resolve("none.zip").toString(), display()));

    assertThat(verbs.exitCodeOf(missing)).isEqualTo(ExitCode.DATA);
  }

  @Test
  void doctorFindsNothingWrongHere() {
    SHOWN.clear();
    ExitCode code = verbs.doctor(config("unused"), display());

    assertThat(code).as(String.join("\n", SHOWN)).isEqualTo(ExitCode.SUCCESS);
    assertThat(SHOWN).filteredOn(line -> line.startsWith("PASSED")).hasSize(6);
  }

  @Test
  void doctorSaysWhatIsWrong() {
    SHOWN.clear();
    ExitCode code = verbs.doctor(config("unused", "data.path=/does/not/exist"), display());

    assertThat(code).isEqualTo(ExitCode.PREFLIGHT);
    assertThat(String.join("\n", SHOWN)).contains("FAILED data").contains("data.path");
  }

  @Test
  void secondTrainingOfARunInTheSameMomentEndsWith40() throws Exception {
    try (Store store = Store.open(workspace.toString(), new Configuration());
        StoreLock other =
            StoreLock.acquire(store, "run-shared", "train", Duration.ofMinutes(1), Duration.ZERO)) {
      Throwable refused =
          catchThrowable(() -> verbs.train(config("shared", "train.epochs=1"), display()));

      assertThat(verbs.exitCodeOf(refused)).isEqualTo(ExitCode.LOCK_HELD);
      assertThat(refused).hasMessageContaining("run-shared").hasMessageContaining("train");
      assertThat(file("shared", "status.json")).doesNotExist();
      other.requireHeld();
    }
  }

  private static JsonNode readJson(Path file) throws IOException {
    return JSON.readTree(Files.readAllBytes(file));
  }

  private static Path file(String run, String name) {
    return workspace.resolve("runs").resolve(run).resolve(name);
  }

  private static String sha(String run) throws IOException {
    return readJson(file(run, "status.json")).get("parametersSha256").asText();
  }

  private static RunConfig config(String runId, String... more) {
    ConfigSources sources = new ConfigSources();
    List<String> settings =
        new ArrayList<>(
            List.of(
                "run.output=" + workspace,
                "run.id=" + runId,
                "run.master=local[2]",
                "data.path=" + Path.of("src/test/resources/fashion-mnist-sample").toAbsolutePath(),
                "data.verify-checksums=false",
                "data.image-size=32",
                "data.train-limit=256",
                "data.test-limit=100",
                "model.growth-rate=8",
                "model.block-layers=[2,2]",
                "model.stem.channels=16",
                "train.epochs=2",
                "train.batch-size=64",
                "train.optimizer.learning-rate=0.05"));
    settings.addAll(Arrays.asList(more));
    for (String setting : settings) {
      sources = sources.set(setting);
    }
    return new RunConfigLoader().load(sources);
  }

  /** Keeps every call as a line: the method's name for some, the arguments for all. */
  private static RunDisplay display() {
    return (RunDisplay)
        Proxy.newProxyInstance(
            RunDisplay.class.getClassLoader(),
            new Class<?>[] {RunDisplay.class},
            (proxy, method, arguments) -> {
              synchronized (SHOWN) {
                SHOWN.add(String.join(" ", Arrays.stream(arguments).map(String::valueOf).toList()));
              }
              return null;
            });
  }
}

package io.densespark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.model.DenseNetGraph;
import io.densespark.model.DenseNetPresets;
import io.densespark.model.ModelSignature;
import io.densespark.model.ModelZip;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.learning.config.Sgd;

/** What is done with the model of a run: evaluate, predict, export. */
class ModelVerbsTest {

  private static final Path TEST_IMAGES = SmallJobs.IMAGES.resolve("t10k-images-idx3-ubyte.gz");

  private static SmallJobs runs;

  private final JobVerbs verbs = new JobVerbs();

  @BeforeAll
  static void trainOnce(@TempDir Path workspace) throws Exception {
    runs = new SmallJobs(workspace);
    assertThat(new JobVerbs().train(runs.config("first"), runs.display()))
        .isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void evaluateRepeatsTheAccuracyOfTheRun() throws Exception {
    runs.shown().clear();
    verbs.evaluate(
        runs.config("unused"), runs.file("first", "model.zip").toString(), runs.display());

    double accuracy = runs.status("first").get("testAccuracy").asDouble();
    assertThat(runs.allShown()).contains(String.format("test accuracy %.4f", accuracy));
  }

  @Test
  void predictWritesWhatARunsModelSaysOfImages() throws Exception {
    Path to = runs.workspace().resolve("predictions");
    runs.shown().clear();

    ExitCode code = verbs.predict(runs.config("first"), request(TEST_IMAGES, to), runs.display());

    assertThat(code).isEqualTo(ExitCode.SUCCESS);
    assertThat(runs.allShown()).contains("256 images in");
    JsonNode summary = SmallJobs.json(to.resolve("_summary.json"));
    assertThat(summary.get("images").asInt()).isEqualTo(256);
    assertThat(summary.get("classes").findValues("Sneaker")).isNotNull();
    assertThat(to.resolve("_SUCCESS")).exists();
    Throwable refused =
        catchThrowable(
            () -> verbs.predict(runs.config("first"), request(TEST_IMAGES, to), runs.display()));
    assertThat(verbs.exitCodeOf(refused)).isEqualTo(ExitCode.PREFLIGHT);
  }

  @Test
  void predictEndsWith10ForAnImageThatIsTorn() throws Exception {
    Path folder = Files.createDirectories(runs.workspace().resolve("torn images"));
    Files.write(folder.resolve("a.png"), new byte[] {1, 2, 3});
    Path to = runs.workspace().resolve("from torn");

    Throwable torn =
        catchThrowable(
            () -> verbs.predict(runs.config("first"), request(folder, to), runs.display()));

    assertThat(verbs.exitCodeOf(torn)).isEqualTo(ExitCode.DATA);
    assertThat(to).doesNotExist();
  }

  @Test
  void predictEndsWith10WhereThereAreNoImages() {
    Throwable missing =
        catchThrowable(
            () ->
                verbs.predict(
                    runs.config("first"),
                    request(
                        runs.workspace().resolve("nowhere"), runs.workspace().resolve("unwritten")),
                    runs.display()));

    assertThat(verbs.exitCodeOf(missing)).isEqualTo(ExitCode.DATA);
    assertThat(missing).hasMessageContaining("nowhere");
  }

  @ParameterizedTest
  @ValueSource(strings = {"last", "best", "1"})
  void exportedModelLoadsInPlainDl4j(String checkpoint) throws Exception {
    Path to = runs.workspace().resolve("exported").resolve(checkpoint + ".zip");
    ExportRequest request = ExportRequest.of("first", checkpoint, to.toString(), false, false);

    assertThat(verbs.export(runs.config("unused"), request, runs.display()))
        .isEqualTo(ExitCode.SUCCESS);

    int epoch = checkpoint.equals("last") ? 2 : checkpoint.equals("1") ? 1 : bestEpoch("first");
    ComputationGraph exported = ModelSerializer.restoreComputationGraph(to.toFile());
    ComputationGraph kept =
        ModelSerializer.restoreComputationGraph(
            runs.file("first", "models/epoch-" + epoch + ".zip").toFile());
    assertThat(exported.params()).isEqualTo(kept.params());
    assertThat(exported.getUpdater().getStateViewArray().norm2Number().doubleValue()).isZero();
    Throwable taken =
        catchThrowable(() -> verbs.export(runs.config("unused"), request, runs.display()));
    assertThat(taken).hasMessageContaining(checkpoint + ".zip is there already");
  }

  @Test
  void exportKeepsTheUpdatersStateWhereAskedTo() throws Exception {
    Path to = runs.workspace().resolve("with-updater.zip");

    verbs.export(
        runs.config("unused"),
        ExportRequest.of("first", "last", to.toString(), true, true),
        runs.display());

    assertThat(to).hasSameBinaryContentAs(runs.file("first", "model.zip"));
  }

  @Test
  void exportNamesTheEpochsThereAre() {
    Throwable refused =
        catchThrowable(
            () ->
                verbs.export(
                    runs.config("unused"),
                    ExportRequest.of("first", "7", runs.workspace() + "/x.zip", false, false),
                    runs.display()));

    assertThat(verbs.exitCodeOf(refused)).isEqualTo(ExitCode.USAGE);
    assertThat(refused).hasMessageContaining("epoch 7").hasMessageContaining("[1, 2]");
  }

  @Test
  void modelOfAnotherShapeIsRefused() throws IOException {
    Path five = runs.workspace().resolve("five-classes.zip");
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
        catchThrowable(
            () -> verbs.evaluate(runs.config("unused"), five.toString(), runs.display()));

    assertThat(verbs.exitCodeOf(refused)).isEqualTo(ExitCode.USAGE);
    assertThat(refused).hasMessageContaining("5").hasMessageContaining("10");
  }

  @Test
  void fileThatIsNoModelIsRefused() throws IOException {
    Path text = Files.writeString(runs.workspace().resolve("text.zip"), "not a zip");

    Throwable refused =
        catchThrowable(
            () -> verbs.evaluate(runs.config("unused"), text.toString(), runs.display()));

    assertThat(verbs.exitCodeOf(refused)).isEqualTo(ExitCode.USAGE);
    assertThat(refused).hasMessageContaining("text.zip");
  }

  @Test
  void missingModelEndsWith10() {
    Throwable missing =
        catchThrowable(
            () ->
                verbs.evaluate(
                    runs.config("unused"),
                    runs.workspace().resolve("none.zip").toString(),
                    runs.display()));

    assertThat(verbs.exitCodeOf(missing)).isEqualTo(ExitCode.DATA);
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

  private int bestEpoch(String run) throws IOException {
    List<JsonNode> epochs = runs.log(run, "epochs");
    double first = epochs.get(0).get("testAccuracy").asDouble();
    return epochs.get(1).get("testAccuracy").asDouble() > first ? 2 : 1;
  }
}

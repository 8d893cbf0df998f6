package io.densespark.job.verb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.data.OnError;
import io.densespark.images.ImageInputs.Format;
import io.densespark.job.ExitCode;
import io.densespark.job.Job;
import io.densespark.job.SharedSpark;
import io.densespark.job.SmallJobs;
import io.densespark.job.pipeline.EvaluateJob;
import io.densespark.job.pipeline.RegisterJob;
import io.densespark.job.run.TrainJob;
import io.densespark.model.DenseNetGraph;
import io.densespark.model.DenseNetPresets;
import io.densespark.model.ModelSignature;
import io.densespark.model.ModelZip;
import io.densespark.model.SavedModel;
import io.densespark.model.Specs;
import io.densespark.text.Text;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.learning.config.Sgd;

/** What is done with the model of a run: evaluate, predict, export. */
@ExtendWith(SharedSpark.class)
class ModelVerbsTest {

  private static final Path TEST_IMAGES = SmallJobs.IMAGES.resolve("t10k-images-idx3-ubyte.gz");

  private static final ExitCode USAGE = ExitCode.USAGE;
  private static final byte[] PNG = {1, 2, 3};

  private static SmallJobs runs;

  @BeforeAll
  static void trainOnce(@TempDir Path workspace) throws Exception {
    runs = new SmallJobs(workspace);
    assertThat(new TrainJob(runs.config("first"), runs.display()).run())
        .isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void evaluateRepeatsTheAccuracyOfTheRun() throws Exception {
    runs.shown().clear();
    new EvaluateJob(
            runs.config("unused"), runs.display(), runs.file("first", "model.zip").toString())
        .run();

    double accuracy = runs.status("first").get("testAccuracy").asDouble();
    assertThat(runs.allShown()).contains(Text.format("test accuracy %.4f", accuracy));
  }

  @Test
  void mirrorImagesAreReportedApartByRunAndEvaluate() throws Exception {
    new TrainJob(runs.config("mirrored", "evaluation.mirrored=true"), runs.display()).run();
    double plain = runs.status("mirrored").get("testAccuracy").asDouble();
    double mirrored = runs.status("mirrored").get("mirroredTestAccuracy").asDouble();
    assertThat(plain).isEqualTo(runs.status("first").get("testAccuracy").asDouble());
    assertThat(runs.sha("mirrored")).isEqualTo(runs.sha("first"));
    assertThat(runs.status("first").get("mirroredTestAccuracy").isNull()).isTrue();

    runs.shown().clear();
    new EvaluateJob(
            runs.config("unused", "evaluation.mirrored=true"),
            runs.display(),
            runs.file("mirrored", "model.zip").toString())
        .run();

    assertThat(runs.allShown())
        .contains(Text.format("\ntest accuracy %.4f", plain))
        .contains(Text.format("mirror images: test accuracy %.4f", mirrored));
  }

  @Test
  void predictWritesWhatARunsModelSaysOfImages() throws Exception {
    Path to = runs.workspace().resolve("predictions");
    runs.shown().clear();

    ExitCode code = predict(TEST_IMAGES, to);

    assertThat(code).isEqualTo(ExitCode.SUCCESS);
    assertThat(runs.allShown()).contains("256 images in");
    JsonNode summary = SmallJobs.json(to.resolve("_summary.json"));
    assertThat(summary.get("images").asInt()).isEqualTo(256);
    assertThat(summary.get("classes").findValues("Sneaker")).isNotNull();
    assertThat(to.resolve("_SUCCESS")).exists();
    Throwable refused = catchThrowable(() -> predict(TEST_IMAGES, to));
    assertThat(ExitCode.of(refused)).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void predictEndsWith10ForAnImageThatIsTorn() throws Exception {
    Path folder = Files.createDirectories(runs.workspace().resolve("torn images"));
    Files.write(folder.resolve("a.png"), new byte[] {1, 2, 3});
    Path to = runs.workspace().resolve("from torn");

    Throwable torn = catchThrowable(() -> predict(folder, to));

    assertThat(ExitCode.of(torn)).isEqualTo(ExitCode.DATA);
    assertThat(to).doesNotExist();
  }

  @Test
  void predictEndsWith10WhereThereAreNoImages() {
    Throwable missing =
        catchThrowable(
            () ->
                predict(
                    runs.workspace().resolve("nowhere"), runs.workspace().resolve("unwritten")));

    assertThat(ExitCode.of(missing)).isEqualTo(ExitCode.DATA);
    assertThat(missing).hasMessageContaining("nowhere");
  }

  @ParameterizedTest
  @ValueSource(strings = {"own", "own/", "own/below", "", "own/../own", "link", "link/below"})
  void predictNeverWritesWhereItReads(String to) throws Exception {
    Path data = Files.createDirectories(runs.workspace().resolve("data"));
    Path image = Files.write(Files.createDirectories(data.resolve("own")).resolve("a.png"), PNG);
    Path link = data.resolve("link");
    if (!Files.isSymbolicLink(link)) {
      Files.createSymbolicLink(link, data.resolve("own"));
    }
    for (String images : List.of(data + "/own", "FILE:" + data + "/own/", data + "/link")) {
      for (String target : List.of(data + "/" + to, "file://" + data + "/" + to)) {
        Throwable refused = catchThrowable(() -> predict(images, target, true));

        assertThat(ExitCode.of(refused)).as("%s to %s", images, target).isEqualTo(USAGE);
        assertThat(image).hasBinaryContent(PNG);
      }
    }
  }

  @Test
  void predictReplacesNothingButPredictions() throws Exception {
    Path file = Files.writeString(runs.workspace().resolve("thesis.txt"), "years of work");
    Path folder = Files.createDirectories(runs.workspace().resolve("folder"));
    Path kept = Files.writeString(folder.resolve("notes.txt"), "more work");

    for (Path to : List.of(file, folder)) {
      Throwable refused =
          catchThrowable(() -> predict(TEST_IMAGES.toString(), to.toString(), true));
      assertThat(ExitCode.of(refused)).isEqualTo(ExitCode.USAGE);
      assertThat(refused).hasMessageContaining("choose another place");
    }

    assertThat(file).hasContent("years of work");
    assertThat(kept).hasContent("more work");
  }

  @Test
  void exportReplacesNothingButModels() throws Exception {
    Path text = Files.writeString(runs.workspace().resolve("thesis.zip"), "years of work");
    Path model = Files.copy(runs.file("first", "model.zip"), runs.workspace().resolve("old.zip"));

    Throwable refused = catchThrowable(() -> export(text.toString(), true));
    assertThat(ExitCode.of(refused)).isEqualTo(USAGE);
    assertThat(text).hasContent("years of work");
    String kept = runs.file("first", "models/epoch-1.zip").toString();
    assertThat(ExitCode.of(catchThrowable(() -> export(kept, true)))).isEqualTo(USAGE);
    assertThat(export(model.toString(), true)).isEqualTo(ExitCode.SUCCESS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "my model (1).zip",
        "\u043c\u043e\u0434\u0435\u043b\u044c.zip",
        "a:b.zip",
        "[x]?.zip",
        "x@2x.zip",
        "a%20b.zip"
      })
  void modelsMayHaveAnyName(String name) throws Exception {
    String model = runs.workspace().resolve(name).toString();

    assertThat(export(model, false)).isEqualTo(ExitCode.SUCCESS);

    assertThat(Path.of(model)).exists();
    for (String uri : List.of(model, "file:" + model, "file://" + model)) {
      assertThat(new EvaluateJob(runs.config("unused"), runs.display(), uri).run())
          .as(uri)
          .isEqualTo(ExitCode.SUCCESS);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"last", "best", "1"})
  void exportedModelLoadsInPlainDl4j(String checkpoint) throws Exception {
    Path to = runs.workspace().resolve("exported").resolve(checkpoint + ".zip");
    assertThat(export(checkpoint, to, false)).isEqualTo(ExitCode.SUCCESS);

    int epoch = checkpoint.equals("last") ? 2 : checkpoint.equals("1") ? 1 : bestEpoch("first");
    ComputationGraph exported = ModelSerializer.restoreComputationGraph(to.toFile());
    ComputationGraph kept =
        ModelSerializer.restoreComputationGraph(
            runs.file("first", "models/epoch-" + epoch + ".zip").toFile());
    assertThat(exported.params()).isEqualTo(kept.params());
    assertThat(exported.getUpdater().getStateViewArray().norm2Number().doubleValue()).isZero();
    Throwable taken = catchThrowable(() -> export(checkpoint, to, false));
    assertThat(taken).hasMessageContaining(checkpoint + ".zip is there already");
  }

  @Test
  void exportKeepsTheUpdatersStateWhereAskedTo() throws Exception {
    Path to = runs.workspace().resolve("with-updater.zip");

    export("last", to, true);

    assertThat(to).hasSameBinaryContentAs(runs.file("first", "model.zip"));
  }

  @Test
  void exportNamesTheEpochsThereAre() {
    Throwable refused = catchThrowable(() -> export("7", runs.workspace().resolve("x.zip"), false));

    assertThat(ExitCode.of(refused)).isEqualTo(ExitCode.USAGE);
    assertThat(refused).hasMessageContaining("epoch 7").hasMessageContaining("[1, 2]");
  }

  @Test
  void modelOfAnotherShapeIsRefused() throws IOException {
    Path five = runs.workspace().resolve("five-classes.zip");
    ComputationGraph other =
        new ComputationGraph(
            DenseNetGraph.configuration(
                Specs.with(DenseNetPresets.named("densenet-bc"), Map.of("classes", 5)),
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
            () -> new EvaluateJob(runs.config("unused"), runs.display(), five.toString()).run());

    assertThat(ExitCode.of(refused)).isEqualTo(ExitCode.USAGE);
    assertThat(refused).hasMessageContaining("5").hasMessageContaining("10");
  }

  @Test
  void modelThatIsNotFiniteIsNamed() throws Exception {
    Path diverged = runs.workspace().resolve("diverged.zip");
    SavedModel saved;
    try (InputStream in = Files.newInputStream(runs.file("first", "model.zip"))) {
      saved = ModelZip.read(in, "first");
    }
    saved.network().params().putScalar(5, Float.NaN);
    try (OutputStream out = Files.newOutputStream(diverged)) {
      ModelZip.write(
          saved.network(), saved.signature().orElseThrow(), ModelZip.UpdaterState.LEFT_OUT, out);
    }
    Optional<String> model = Optional.of(diverged.toString());
    Path to = runs.workspace().resolve("from diverged");

    for (Job job :
        List.of(
            predict(TEST_IMAGES.toString(), to.toString(), false, model, Optional.empty()),
            new RegisterJob(runs.config("unused"), runs.display(), model))) {
      Throwable refused = catchThrowable(job::run);
      assertThat(ExitCode.of(refused)).as("%s", job).isEqualTo(USAGE);
      assertThat(refused).hasMessageContainingAll("diverged.zip", "not finite");
    }

    assertThat(to).doesNotExist();
    assertThat(runs.workspace().resolve("models")).doesNotExist();
  }

  @Test
  void classNamesAreDistinct() {
    Optional<List<String>> names =
        Optional.of(List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "a"));
    Path to = runs.workspace().resolve("twice named");
    runs.shown().clear();

    Throwable refused =
        catchThrowable(
            predict(TEST_IMAGES.toString(), to.toString(), false, Optional.empty(), names)::run);

    assertThat(ExitCode.of(refused)).isEqualTo(USAGE);
    assertThat(refused).hasMessageContaining("twice");
    assertThat(runs.shown()).as("before Spark is started").isEmpty();
    assertThat(to).doesNotExist();
  }

  @Test
  void fileThatIsNoModelIsRefused() throws IOException {
    Path text = Files.writeString(runs.workspace().resolve("text.zip"), "not a zip");

    Throwable refused =
        catchThrowable(
            () -> new EvaluateJob(runs.config("unused"), runs.display(), text.toString()).run());

    assertThat(ExitCode.of(refused)).isEqualTo(ExitCode.USAGE);
    assertThat(refused).hasMessageContaining("text.zip");
  }

  @Test
  void missingModelEndsWith10() {
    Throwable missing =
        catchThrowable(
            () ->
                new EvaluateJob(
                        runs.config("unused"),
                        runs.display(),
                        runs.workspace().resolve("none.zip").toString())
                    .run());

    assertThat(ExitCode.of(missing)).isEqualTo(ExitCode.DATA);
  }

  private static ExitCode predict(Path images, Path to) throws Exception {
    return predict(images.toString(), to.toString(), false);
  }

  private static ExitCode predict(String images, String to, boolean overwrite) throws Exception {
    return predict(images, to, overwrite, Optional.empty(), Optional.empty()).run();
  }

  private static Job predict(
      String images,
      String to,
      boolean overwrite,
      Optional<String> model,
      Optional<List<String>> classNames) {
    return new PredictJob(
        runs.config("first"),
        runs.display(),
        model,
        List.of(images),
        Format.AUTO,
        to,
        overwrite,
        OnError.FAIL,
        classNames);
  }

  private static ExitCode export(String checkpoint, Path to, boolean updater) throws Exception {
    return export(checkpoint, to.toString(), updater, false);
  }

  private static ExitCode export(String to, boolean overwrite) throws Exception {
    return export("last", to, false, overwrite);
  }

  private static ExitCode export(String checkpoint, String to, boolean updater, boolean overwrite)
      throws Exception {
    return new ExportJob(
            runs.config("unused"), runs.display(), "first", checkpoint, to, updater, overwrite)
        .run();
  }

  private int bestEpoch(String run) throws IOException {
    List<JsonNode> epochs = runs.log(run, "epochs");
    double first = epochs.get(0).get("testAccuracy").asDouble();
    return epochs.get(1).get("testAccuracy").asDouble() > first ? 2 : 1;
  }
}

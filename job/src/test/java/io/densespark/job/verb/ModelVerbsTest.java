package io.densespark.job.verb;

import static io.densespark.job.SmallJobs.assertEnds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.job.ExitCode;
import io.densespark.job.SharedSpark;
import io.densespark.job.SmallJobs;
import io.densespark.job.pipeline.EvaluateJob;
import io.densespark.model.DenseNetGraph;
import io.densespark.model.DenseNetPresets;
import io.densespark.model.ModelSignature;
import io.densespark.model.ModelZip;
import io.densespark.model.Specs;
import io.densespark.text.Text;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.learning.config.Sgd;

/** What is done with the model of a run: evaluate and export. */
@ExtendWith(SharedSpark.class)
class ModelVerbsTest {

  private static final ExitCode USAGE = ExitCode.USAGE;
  private static SmallJobs runs;

  @BeforeAll
  static void trainOnce(@TempDir Path workspace) throws Exception {
    runs = new SmallJobs(workspace);
    assertThat(runs.train("first")).isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void evaluateRepeatsTheAccuracyOfTheRun() throws Exception {
    runs.shown().clear();
    evaluate(runs.file("first", "model.zip").toString());

    double accuracy = runs.status("first").get("testAccuracy").asDouble();
    assertThat(runs.allShown()).contains(Text.format("test accuracy %.4f", accuracy));
  }

  @Test
  void mirrorImagesAreReportedApartByRunAndEvaluate() throws Exception {
    runs.train("mirrored", "evaluation.mirrored=true");
    double plain = runs.status("mirrored").get("testAccuracy").asDouble();
    double mirrored = runs.status("mirrored").get("mirroredTestAccuracy").asDouble();
    assertThat(plain).isEqualTo(runs.status("first").get("testAccuracy").asDouble());
    assertThat(runs.sha("mirrored")).isEqualTo(runs.sha("first"));
    assertThat(runs.status("first").get("mirroredTestAccuracy").isNull()).isTrue();

    runs.shown().clear();
    evaluate(runs.file("mirrored", "model.zip").toString(), "evaluation.mirrored=true");

    assertThat(runs.allShown())
        .contains(Text.format("\ntest accuracy %.4f", plain))
        .contains(Text.format("mirror images: test accuracy %.4f", mirrored));
  }

  @Test
  void exportReplacesNothingButModels() throws Exception {
    Path text = Files.writeString(runs.workspace().resolve("thesis.zip"), "years of work");
    Path model = Files.copy(runs.file("first", "model.zip"), runs.workspace().resolve("old.zip"));

    assertEnds(USAGE, () -> export(text.toString(), true));
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
      assertThat(evaluate(uri)).as(uri).isEqualTo(ExitCode.SUCCESS);
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
    assertEnds(USAGE, () -> export("7", runs.workspace().resolve("x.zip"), false))
        .hasMessageContaining("epoch 7")
        .hasMessageContaining("[1, 2]");
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

    assertEnds(USAGE, () -> evaluate(five.toString()))
        .hasMessageContaining("5")
        .hasMessageContaining("10");
  }

  @Test
  void fileThatIsNoModelIsRefused() throws IOException {
    Path text = Files.writeString(runs.workspace().resolve("text.zip"), "not a zip");

    assertEnds(USAGE, () -> evaluate(text.toString())).hasMessageContaining("text.zip");
  }

  @Test
  void missingModelEndsWith10() {
    assertEnds(ExitCode.DATA, () -> evaluate(runs.workspace().resolve("none.zip").toString()));
  }

  private static ExitCode evaluate(String model, String... settings) throws Exception {
    return new EvaluateJob(runs.config("unused", settings), runs.display(), model).run();
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

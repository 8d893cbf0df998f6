package io.densespark.job.verb;

import static io.densespark.job.SmallJobs.assertEnds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.data.OnError;
import io.densespark.images.ImageInputs.Format;
import io.densespark.job.ExitCode;
import io.densespark.job.Job;
import io.densespark.job.SharedSpark;
import io.densespark.job.SmallJobs;
import io.densespark.job.pipeline.RegisterJob;
import io.densespark.model.ModelZip;
import io.densespark.model.SavedModel;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Predictions by the model of a run, or another: what is written, and what is refused. */
@ExtendWith(SharedSpark.class)
class PredictJobTest {

  private static final Path TEST_IMAGES = SmallJobs.IMAGES.resolve("t10k-images-idx3-ubyte.gz");
  private static final ExitCode USAGE = ExitCode.USAGE;
  private static final byte[] PNG = {1, 2, 3};
  private static SmallJobs runs;

  @BeforeAll
  static void trainOnce(@TempDir Path workspace) throws Exception {
    runs = new SmallJobs(workspace);
    assertThat(runs.train("first")).isEqualTo(ExitCode.SUCCESS);
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
    assertEnds(USAGE, () -> predict(TEST_IMAGES, to));
  }

  @Test
  void predictEndsWith10ForAnImageThatIsTorn() throws Exception {
    Path folder = Files.createDirectories(runs.workspace().resolve("torn images"));
    Files.write(folder.resolve("a.png"), new byte[] {1, 2, 3});
    Path to = runs.workspace().resolve("from torn");

    assertEnds(ExitCode.DATA, () -> predict(folder, to));
    assertThat(to).doesNotExist();
  }

  @Test
  void predictEndsWith10WhereThereAreNoImages() {
    assertEnds(
            ExitCode.DATA,
            () ->
                predict(runs.workspace().resolve("nowhere"), runs.workspace().resolve("unwritten")))
        .hasMessageContaining("nowhere");
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
      assertEnds(USAGE, () -> predict(TEST_IMAGES.toString(), to.toString(), true))
          .hasMessageContaining("choose another place");
    }

    assertThat(file).hasContent("years of work");
    assertThat(kept).hasContent("more work");
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

    assertEnds(
            USAGE,
            predict(TEST_IMAGES.toString(), to.toString(), false, Optional.empty(), names)::run)
        .hasMessageContaining("twice");
    assertThat(runs.shown()).as("before Spark is started").isEmpty();
    assertThat(to).doesNotExist();
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
}

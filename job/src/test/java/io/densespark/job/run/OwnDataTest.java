package io.densespark.job.run;

import static io.densespark.job.SmallJobs.assertEnds;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.data.OnError;
import io.densespark.images.ImageFiles;
import io.densespark.images.ImageInputs.Format;
import io.densespark.job.ExitCode;
import io.densespark.job.SmallJobs;
import io.densespark.job.verb.PredictJob;
import io.densespark.model.ModelSignature;
import io.densespark.model.ModelZip;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs on folders of colour images, from files to predictions. */
class OwnDataTest {

  private static final List<String> CLASSES = List.of("blue", "green", "red");
  private static final int OF_A_CLASS = 40;

  @TempDir private static Path folder;
  private static SmallJobs runs;

  @BeforeAll
  static void trainOnce(@TempDir Path workspace) throws IOException {
    Random random = new Random(1);
    for (int i = 0; i < OF_A_CLASS * CLASSES.size(); i++) {
      write("images", CLASSES.get(i % 3), "image " + i + ".png", i % 3, random);
    }
    runs = new SmallJobs(workspace);
    assertThat(train("own", "images", "data.on-error=fail")).isEqualTo(ExitCode.SUCCESS);
  }

  /** A picture of some size, mostly of one colour. */
  private static void write(String data, String kind, String name, int channel, Random random)
      throws IOException {
    int side = 20 + random.nextInt(9);
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    for (int p = 0; p < side * side; p++) {
      int colour = 200 + random.nextInt(50) << 8 * channel;
      image.setRGB(p % side, p / side, colour | random.nextInt(60) << 8 * ((channel + 1) % 3));
    }
    Path file = folder.resolve(data).resolve(kind).resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, ImageFiles.png(image));
  }

  private static ExitCode train(String run, String data, String... more) {
    String[] settings = {
      "data.path=" + folder.resolve(data),
      "data.class-names=[]",
      "data.train-limit=all",
      "data.test-limit=all",
      "data.test-fraction=0.2",
      "train.batch-size=8",
      more[0]
    };
    return runs.train(run, settings);
  }

  @Test
  void classesOfTheFoldersAreThoseOfModelAndMetrics() throws IOException {
    ModelSignature signature;
    try (InputStream in = Files.newInputStream(runs.file("own", "model.zip"))) {
      signature = ModelZip.read(in, "model.zip").signature().orElseThrow();
    }
    assertThat(signature).isEqualTo(new ModelSignature(3, 32, 32, 3, CLASSES));

    JsonNode epoch = runs.log("own", "epochs").get(1);
    assertThat(epoch.at("/perClass").findValuesAsText("label")).isEqualTo(CLASSES);
    assertThat(epoch.at("/confusion")).hasSize(3);
    // Colours that even a net of two epochs tells apart.
    assertThat(epoch.at("/testAccuracy").asDouble()).isGreaterThan(0.6);

    JsonNode images = SmallJobs.json(runs.file("own", "provenance.json")).at("/images");
    assertThat(images.at("/format").asText()).isEqualTo("folder");
    assertThat(images.at("/fingerprint").asText()).matches("[0-9a-f]{64}");
    assertThat(images.at("/training").asInt() + images.at("/test").asInt())
        .isEqualTo(OF_A_CLASS * CLASSES.size());
    assertThat(runs.file("own", "data.json")).doesNotExist();
  }

  @Test
  void predictionsHaveTheNamesOfTheClasses() throws IOException {
    Path to = folder.resolve("predictions");

    new PredictJob(
            runs.config("own"),
            runs.display(),
            Optional.empty(),
            List.of(folder.resolve("images").toString()),
            Format.AUTO,
            to.toString(),
            false,
            OnError.FAIL,
            Optional.empty())
        .run();

    JsonNode classes = SmallJobs.json(to.resolve("_summary.json")).at("/classes");
    assertThat(classes.fieldNames()).toIterable().isSubsetOf(CLASSES);
    int images = 0;
    for (JsonNode count : classes) {
      images += count.asInt();
    }
    assertThat(images).isEqualTo(OF_A_CLASS * CLASSES.size());
  }

  @Test
  void aBrokenImageEndsWith10OrIsNamed() throws IOException {
    Random random = new Random(2);
    for (int i = 0; i < 30; i++) {
      write("torn", CLASSES.get(i % 3), i + ".png", i % 3, random);
    }
    Files.write(folder.resolve("torn/green/empty.png"), new byte[0]);

    assertEnds(ExitCode.DATA, () -> train("torn", "torn", "data.on-error=fail"))
        .hasMessageContainingAll("green/empty.png is empty", "data.on-error");
    assertThat(runs.status("torn").at("/exitCode").asInt()).isEqualTo(10);

    assertThat(train("torn", "torn", "data.on-error=skip")).isEqualTo(ExitCode.SUCCESS);
    JsonNode left = SmallJobs.json(runs.file("torn", "data.json"));
    assertThat(left.at("/skippedImages").asInt()).isEqualTo(1);
    assertThat(left.at("/skipped/0/id").asText()).isEqualTo("green/empty.png");
    assertThat(runs.allShown()).contains("green/empty.png is empty");
    assertThat(Files.readString(runs.file("torn", "report.html"))).contains("named in data.json");
  }
}

package io.densespark.job.run;

import static io.densespark.job.SmallJobs.assertEnds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.data.FashionMnist;
import io.densespark.data.IdxFiles;
import io.densespark.data.ImageSet;
import io.densespark.job.ExitCode;
import io.densespark.job.SmallJobs;
import io.densespark.train.FlatVectors;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.apache.commons.codec.digest.DigestUtils;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs on an embedded Spark with two slots, on a few real images. */
class TrainJobTest {

  private static SmallJobs runs;

  @BeforeAll
  static void trainOnce(@TempDir Path workspace) throws Exception {
    runs = new SmallJobs(workspace);
    assertThat(runs.train("first")).isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void statusTellsWhatScriptsRelyOn() throws IOException {
    JsonNode status = runs.status("first");

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
        ModelSerializer.restoreComputationGraph(runs.file("first", "model.zip").toFile());

    assertThat(graph.getConfiguration().toJson()).doesNotContain("densespark");
    assertThat(FlatVectors.sha256(FlatVectors.toArray(graph.params())))
        .isEqualTo(runs.status("first").get("parametersSha256").asText());
    assertThat(graph.getIterationCount()).isEqualTo(8);
  }

  @Test
  void layerwiseRulesLogTheirTrustRatiosAndLeaveAPlainModel() throws IOException {
    runs.train("lars", "train.optimizer.kind=lars");

    List<JsonNode> ratios = runs.log("lars", "trust-ratios");
    assertThat(ratios).extracting(line -> line.get("step").asInt()).containsExactly(4, 8);
    assertThat(ratios)
        .allSatisfy(
            line -> {
              JsonNode ofLayers = line.get("ratios");
              assertThat(ofLayers.fieldNames())
                  .toIterable()
                  .contains("stem-conv_W", "classifier_W")
                  .allMatch(name -> name.endsWith("_W"));
              assertThat(ofLayers.elements()).toIterable().allMatch(r -> r.asDouble() > 0);
            });
    ComputationGraph graph =
        ModelSerializer.restoreComputationGraph(runs.file("lars", "model.zip").toFile());
    assertThat(graph.getConfiguration().toJson()).doesNotContain("densespark");
    assertThat(runs.file("first", "metrics/trust-ratios.jsonl")).doesNotExist();
  }

  @Test
  void metricsHoldEveryStepAndEpoch() throws IOException {
    List<JsonNode> steps = runs.log("first", "steps");
    List<JsonNode> epochs = runs.log("first", "epochs");

    assertThat(steps).hasSize(8);
    assertThat(steps.get(7).get("step").asInt()).isEqualTo(8);
    // A half cosine from 0.05 after two steps of warm-up: lower at every step, to the end.
    double previous = 0.05;
    for (JsonNode step : steps.subList(3, 8)) {
      double rate = step.get("learningRate").asDouble();
      assertThat(rate).isPositive().isLessThan(previous);
      previous = rate;
    }
    assertThat(epochs).hasSize(2);
    long counted = 0;
    for (JsonNode row : epochs.get(1).get("confusion")) {
      for (JsonNode cell : row) {
        counted += cell.asLong();
      }
    }
    assertThat(counted).isEqualTo(100);
    assertThat(epochs.get(1).get("perClass")).hasSize(10);
  }

  @Test
  void mistakesAreOfTheTestImagesThatTheyName() throws IOException {
    ImageSet images = IdxFiles.resized(IdxFiles.test(SmallJobs.IMAGES.toString()), 32);
    List<JsonNode> mistakes = runs.log("first", "mistakes");

    assertThat(mistakes).hasSize(24);
    assertThat(mistakes)
        .extracting(mistake -> -mistake.get("probability").asDouble())
        .isSorted()
        .allSatisfy(probability -> assertThat(-probability).isBetween(0.1, 1.0));
    for (JsonNode mistake : mistakes) {
      int image = mistake.get("image").asInt();
      assertThat(mistake.get("epoch").asInt()).isEqualTo(2);
      assertThat(mistake.get("label").asText())
          .isEqualTo(FashionMnist.CLASS_NAMES.get(images.labels()[image]))
          .isNotEqualTo(mistake.get("predicted").asText());
      BufferedImage picture =
          ImageIO.read(new ByteArrayInputStream(mistake.get("png").binaryValue()));
      for (int p = 0; p < 32 * 32; p++) {
        assertThat((byte) picture.getRaster().getSample(p % 32, p / 32, 0))
            .isEqualTo(images.pixels()[32 * 32 * image + p]);
      }
    }
  }

  @Test
  void tablesStandBesideTheLogsOnceTheRunIsOver() {
    assertThat(runs.file("first", "metrics/steps.parquet")).isNotEmptyFile();
    assertThat(runs.file("first", "metrics/epochs.parquet")).isNotEmptyFile();
  }

  @Test
  void runDirectoryHoldsConfigurationProvenanceAndAModelForEachEpoch() throws IOException {
    assertThat(SmallJobs.json(runs.file("first", "config.json")).toString()).contains("batch-size");
    JsonNode provenance = SmallJobs.json(runs.file("first", "provenance.json"));
    assertThat(provenance.at("/versions/dl4j").asText()).isEqualTo("1.0.0-M2");
    assertThat(provenance.at("/versions/spark").asText()).startsWith("3.5");
    assertThat(provenance.get("data")).hasSize(4);
    assertThat(runs.file("first", "models/epoch-1.zip")).isNotEmptyFile();
    assertThat(runs.file("first", "models/epoch-2.zip")).isNotEmptyFile();
  }

  @Test
  void sameSeedGivesTheSameParameters() throws Exception {
    // Three do not divide the batch of 64.
    runs.train("again", "run.master=local[3]");

    assertThat(runs.allShown()).contains("2 of 3 slots have a replica");
    assertThat(runs.sha("again")).isEqualTo(runs.sha("first"));
  }

  @Test
  void anotherSeedGivesOtherParameters() throws Exception {
    runs.train("other", "train.seed=43");

    assertThat(runs.sha("other")).isNotEqualTo(runs.sha("first"));
  }

  @Test
  void parameterAveragingTrains() throws Exception {
    runs.train("averaging", "sync.mode=parameter-averaging", "sync.averaging-frequency=2");

    JsonNode status = runs.status("averaging");
    assertThat(status.get("state").asText()).isEqualTo("succeeded");
    assertThat(runs.sha("averaging")).isNotEqualTo(runs.sha("first"));
  }

  @Test
  void dl4jsOwnMasterTrains() throws Exception {
    runs.train(
        "dl4j",
        "sync.mode=dl4j-parameter-averaging",
        "sync.averaging-frequency=1",
        "train.epochs=1");

    JsonNode status = runs.status("dl4j");
    assertThat(status.get("state").asText()).isEqualTo("succeeded");
    assertThat(status.get("testLoss").asDouble()).isLessThan(5);
  }

  @Test
  void referenceEngineAgreesAfterOneEpoch() throws Exception {
    runs.train("onednn", "train.epochs=1", "train.optimizer.kind=sgd");
    runs.train("nd4j", "engine=nd4j", "train.epochs=1", "train.optimizer.kind=sgd");

    double compiled = runs.status("onednn").get("testLoss").asDouble();
    double reference = runs.status("nd4j").get("testLoss").asDouble();
    System.out.printf(
        Locale.ROOT, "test loss after an epoch: %.6f and %.6f%n", compiled, reference);
    assertThat(compiled).isCloseTo(reference, within(1e-2));
  }

  @Test
  void warmStartBeginsWithTheModelAndNotesItsChecksum() throws Exception {
    Path model = runs.file("first", "model.zip");
    runs.train("warm", "train.warm-start=" + model, "train.epochs=1");

    JsonNode origin = SmallJobs.json(runs.file("warm", "provenance.json")).get("warmStart");
    assertThat(origin.get("sha256").asText())
        .isEqualTo(DigestUtils.sha256Hex(Files.readAllBytes(model)));
    assertThat(firstLoss("warm")).isLessThan(firstLoss("first") - 0.1);
    assertThat(
            ModelSerializer.restoreComputationGraph(runs.file("warm", "model.zip").toFile())
                .getIterationCount())
        .isEqualTo(4);
  }

  @Test
  void warmStartFromAnotherNetIsRefused() throws Exception {
    String model = runs.file("first", "model.zip").toString();

    assertEnds(
            ExitCode.USAGE,
            () -> runs.train("misfit", "train.warm-start=" + model, "model.growth-rate=4"))
        .hasMessageContaining(model)
        .hasMessageContaining("model.*");
  }

  @Test
  void moreReplicasThanImagesAreRefusedBeforeAnythingIsWritten() {
    String[] wide = {"sync.replicas=1024", "train.batch-size=1024", "data.train-limit=all"};

    assertEnds(ExitCode.USAGE, () -> runs.train("wide", wide))
        .hasMessageContainingAll("sync.replicas = 1024", "512");
    assertThat(runs.file("wide", "status.json")).doesNotExist();
  }

  private double firstLoss(String run) throws IOException {
    return runs.log(run, "steps").get(0).get("loss").asDouble();
  }
}

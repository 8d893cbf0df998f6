package io.densespark.prediction;

import io.densespark.data.IdxFiles;
import io.densespark.data.ImageSet;
import io.densespark.images.ImageFiles;
import io.densespark.model.DenseNetGraph;
import io.densespark.model.DenseNetPresets;
import io.densespark.model.ModelSignature;
import io.densespark.model.Specs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.learning.config.Sgd;

/** A small net, forty real images, and what is made of them. */
final class PredictionFixture {

  static final int SIDE = 32;
  static final int IMAGES = 40;
  static final ModelSignature SIGNATURE = new ModelSignature(1, SIDE, SIDE, 10);
  static final Path IDX =
      Path.of("src/test/resources/fashion-mnist-sample/t10k-images-idx3-ubyte.gz").toAbsolutePath();

  private PredictionFixture() {}

  static SparkSession spark() {
    return SparkSession.builder()
        .master("local[2]")
        .appName("prediction")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.files.openCostInBytes", "65536")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate();
  }

  static ComputationGraph net() {
    ComputationGraph net =
        new ComputationGraph(
            DenseNetGraph.configuration(
                Specs.with(
                    DenseNetPresets.named("densenet-bc"),
                    Map.of("growthRate", 8, "blockLayers", List.of(2, 2))),
                1,
                SIDE,
                SIDE,
                new Sgd(0.1),
                0,
                3));
    net.init();
    return net;
  }

  static ImageSet images() {
    return IdxFiles.images(IDX.toString()).first(IMAGES);
  }

  /** Writes each image as a PNG named by its number. */
  static void writePngs(Path folder) throws IOException {
    ImageSet images = images();
    Files.createDirectories(folder.resolve("more"));
    for (int i = 0; i < images.size(); i++) {
      byte[] png =
          ImageFiles.greyPng(
              images.pixels(), i * images.imageBytes(), images.height(), images.width());
      Files.write(folder.resolve(i % 2 == 0 ? i + ".png" : "more/" + i + ".png"), png);
    }
  }

  /** Probabilities by image number, which the id holds. */
  static Map<Integer, List<Float>> byNumber(Dataset<Row> predictions) {
    Map<Integer, List<Float>> found = new TreeMap<>();
    for (Row row : predictions.select("id", "probabilities").collectAsList()) {
      int number = Integer.parseInt(row.getString(0).replaceAll("more/|\\.png", ""));
      if (number < IMAGES && found.put(number, row.getList(1)) != null) {
        throw new AssertionError("twice: " + number);
      }
    }
    return found;
  }
}

package io.densespark.ml;

import io.densespark.config.RunConfig;
import io.densespark.data.IdxFiles;
import io.densespark.data.ImageSet;
import io.densespark.job.SmallJobs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Images of the sample as DataFrames, and a net that is trained on them in a moment. */
final class SmallPipelines {

  static final List<String> KINDS =
      List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");

  private SmallPipelines() {}

  static SparkSession session() {
    return SparkSession.builder()
        .master("local[2]")
        .config("spark.ui.enabled", false)
        .config("spark.sql.shuffle.partitions", 2)
        .getOrCreate();
  }

  static ImageSet images() {
    RunConfig config = new SmallJobs(Path.of("unused")).config("unused");
    return IdxFiles.train(config.data().path().orElseThrow())
        .first(config.data().trainLimit().orElseThrow());
  }

  /** (pixels binary, vector, label int, kind string) of the first images. */
  static Dataset<Row> rows(SparkSession spark, int count) {
    ImageSet images = images();
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] pixels = images.range(i, i + 1).pixels();
      int label = images.labels()[i];
      rows.add(RowFactory.create(i, pixels, vector(pixels), label, KINDS.get(label)));
    }
    return spark.createDataFrame(
        rows,
        new StructType()
            .add("id", DataTypes.IntegerType)
            .add("pixels", DataTypes.BinaryType)
            .add("features", SQLDataTypes.VectorType())
            .add("label", DataTypes.IntegerType)
            .add("kind", DataTypes.StringType));
  }

  static Vector vector(byte[] pixels) {
    double[] values = new double[pixels.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (pixels[i] & 0xff) / 255.0;
    }
    return Vectors.dense(values);
  }

  /** One epoch of four steps, on vectors and numbers. */
  static DenseNetClassifier classifier() {
    return new DenseNetClassifier()
        .setImageSize(16)
        .setMaxIter(1)
        .setBatchSize(16)
        .setNumReplicas(2)
        .setSettings(
            "model.growth-rate=4",
            "model.block-layers=[1,1]",
            "model.stem.channels=8",
            "train.schedule.warmup-epochs=0");
  }

  /**
   * The first images as a data set of IDX files, sorted by the SHA-256 of shape, pixels and label;
   * they serve as test images too.
   */
  static Path writeIdx(Path folder, int count) throws IOException {
    ImageSet images = images();
    List<Integer> order =
        IntStream.range(0, count)
            .boxed()
            .sorted(Comparator.comparingLong(i -> digest(images.range(i, i + 1))))
            .toList();
    ByteBuffer pixels = ByteBuffer.allocate(count * images.imageBytes());
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      pixels.put(images.range(order.get(i), order.get(i) + 1).pixels());
      labels[i] = images.labels()[order.get(i)];
    }
    ImageSet sorted = new ImageSet(1, images.height(), images.width(), pixels.array(), labels);
    IdxFiles.write(folder, sorted, sorted.first(count));
    return folder;
  }

  private static long digest(ImageSet image) {
    byte[] label = Integer.toString(image.labels()[0]).getBytes(StandardCharsets.UTF_8);
    ByteBuffer content = ByteBuffer.allocate(12 + image.imageBytes() + label.length);
    content.putInt(image.channels()).putInt(image.height()).putInt(image.width());
    content.put(image.pixels()).put(label);
    return ByteBuffer.wrap(DigestUtils.sha256(content.array())).getLong();
  }
}

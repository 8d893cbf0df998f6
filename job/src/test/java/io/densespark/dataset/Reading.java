package io.densespark.dataset;

import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfigLoader;
import io.densespark.data.DataConfig;
import io.densespark.storage.InputFiles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.nd4j.linalg.dataset.DataSet;

/** Reads data as a run does. */
final class Reading {

  private Reading() {}

  static DataConfig config(String... settings) {
    ConfigSources sources = new ConfigSources();
    List.of(settings).forEach(sources::set);
    return new RunConfigLoader().load(sources).data();
  }

  static ImageDataset dataset(JavaSparkContext spark, String... settings) {
    ImageSource source;
    // Closed before executors read, as in a run.
    try (InputFiles files = new InputFiles(spark.hadoopConfiguration())) {
      source = ImageSource.find(config(settings), files);
    }
    return source.open(spark);
  }

  /** Pixels and labels of two ranks. */
  static List<String> placed(JavaSparkContext spark, Examples examples) {
    List<String> placed = new ArrayList<>();
    for (DataSet set : examples.shards(spark, 10, 8, 5, 2).bytes(1000).collect()) {
      placed.add(Arrays.toString(bytes(set)) + set.getLabels().argMax(1));
    }
    return placed;
  }

  static byte[] bytes(DataSet set) {
    byte[] bytes = new byte[(int) set.getFeatures().length()];
    set.getFeatures().data().asNio().get(0, bytes);
    return bytes;
  }
}

package io.densespark.job;

import io.densespark.config.RunConfig;
import io.densespark.data.DataConfig;
import io.densespark.data.FashionMnist;
import io.densespark.data.LabelledImages;
import io.densespark.storage.InputFiles;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;

/** Reads what verbs have in common from the world outside: images and models, from any store. */
public final class Inputs {

  private static final String SPARK_HADOOP = "spark.hadoop.";

  private Inputs() {}

  /**
   * Hadoop's settings: its own files, and over them what Spark is told under {@code spark.hadoop},
   * by {@code spark-submit} or by the settings of the run.
   */
  public static Configuration hadoop(RunConfig config) {
    Configuration hadoop = new Configuration();
    System.getProperties()
        .stringPropertyNames()
        .forEach(name -> set(hadoop, name, System.getProperty(name)));
    config.sparkConf().forEach((name, value) -> set(hadoop, name, value));
    return hadoop;
  }

  private static void set(Configuration hadoop, String name, String value) {
    if (name.startsWith(SPARK_HADOOP)) {
      hadoop.set(name.substring(SPARK_HADOOP.length()), value);
    }
  }

  /** The images that the settings name. */
  public static LabelledImages images(RunConfig config, Configuration hadoop) {
    Memory.requireHeap();
    try (InputFiles files = new InputFiles(hadoop)) {
      return new FashionMnist(files::read).load(config.data(), config.model().classes());
    }
  }

  /** Where the images would be read from. */
  public static String locate(DataConfig data, Configuration hadoop) {
    try (InputFiles files = new InputFiles(hadoop)) {
      return new FashionMnist(files::read).locate(data);
    }
  }

  /** Opens any file by its plain path or full URI, by the rule that holds for outputs too. */
  public static InputStream openRemote(String uri, Configuration hadoop) throws IOException {
    return InputFiles.open(uri, hadoop);
  }
}

package io.densespark.job;

import io.densespark.config.RunConfig;
import io.densespark.data.DataConfig;
import io.densespark.data.DataException;
import io.densespark.dataset.Examples;
import io.densespark.dataset.ImageDataset;
import io.densespark.dataset.ImageSource;
import io.densespark.model.ModelSignature;
import io.densespark.storage.InputFiles;
import io.densespark.text.Text;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
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
    Configuration hadoop = hadoop();
    config.sparkConf().forEach((name, value) -> set(hadoop, name, value));
    return hadoop;
  }

  /** The same without the settings of a run. */
  public static Configuration hadoop() {
    Configuration hadoop = new Configuration();
    System.getProperties()
        .stringPropertyNames()
        .forEach(name -> set(hadoop, name, System.getProperty(name)));
    return hadoop;
  }

  private static void set(Configuration hadoop, String name, String value) {
    if (name.startsWith(SPARK_HADOOP)) {
      hadoop.set(name.substring(SPARK_HADOOP.length()), value);
    }
  }

  /** The images that the settings name. */
  public static ImageSource images(RunConfig config, Configuration hadoop) {
    Memory.requireHeap();
    try (InputFiles files = new InputFiles(hadoop)) {
      return ImageSource.find(config.data(), files);
    }
  }

  /**
   * The settings with as many classes as the data has, unless they say more.
   *
   * @throws DataException when the data has more classes than the settings say
   */
  public static RunConfig withClasses(RunConfig config, ImageDataset images) {
    int classes = config.model().classes().orElse(images.classes());
    if (classes < images.classes()) {
      throw new DataException(
          Text.format(
              "the data has the %d classes %s, model.classes is %d: set it to auto",
              images.classes(), images.classNames(), classes));
    }
    return config.with(config.data(), config.model().withClasses(classes));
  }

  /** What a model reads that is trained on these images, and which classes it tells apart. */
  public static ModelSignature signature(RunConfig config, ImageDataset images) {
    int side = config.data().imageSize();
    int classes = config.model().classes().orElse(images.classes());
    List<String> names = new ArrayList<>(images.classNames());
    for (int more = names.size(); more < classes; more++) {
      names.add("class " + more);
    }
    return new ModelSignature(images.channels(), side, side, classes, names);
  }

  /**
   * The test images.
   *
   * @throws DataException when there are none
   */
  public static Examples test(ImageDataset images) {
    return images
        .test()
        .orElseThrow(
            () ->
                new DataException(
                    images.place()
                        + " has no test images: divide it, or set data.test-fraction above 0"));
  }

  /** Where the images would be read from; nothing is downloaded. */
  public static String locate(DataConfig data, Configuration hadoop) {
    try (InputFiles files = new InputFiles(hadoop)) {
      return ImageSource.locate(data, files);
    }
  }

  /** Opens any file by its plain path or full URI, by the rule that holds for outputs too. */
  public static InputStream openRemote(String uri, Configuration hadoop) throws IOException {
    return InputFiles.open(uri, hadoop);
  }
}

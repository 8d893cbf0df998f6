package io.densespark.job;

import io.densespark.config.RunConfig;
import io.densespark.data.DataConfig;
import io.densespark.data.FashionMnist;
import io.densespark.data.FileOpener;
import io.densespark.data.LabelledImages;
import io.densespark.storage.StorageException;
import io.densespark.storage.Store;
import java.io.FileNotFoundException;
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
    return new FashionMnist(opener(hadoop)).load(config.data(), config.model().classes());
  }

  /** Where the images would be read from. */
  public static String locate(DataConfig data, Configuration hadoop) {
    return new FashionMnist(opener(hadoop)).locate(data);
  }

  private static FileOpener opener(Configuration hadoop) {
    FileOpener local = FileOpener.local();
    return uri -> isLocal(uri) ? local.open(uri) : openRemote(uri, hadoop);
  }

  private static boolean isLocal(String uri) {
    return uri.startsWith("file:") || !uri.matches("[a-zA-Z][a-zA-Z0-9+.-]+:.*");
  }

  /** A file's directory, as a workspace, and its name in it. */
  public record Place(String directory, String name) {}

  /** Takes a full URI or path apart. */
  public static Place place(String uri) {
    int cut = uri.lastIndexOf('/');
    String directory = cut < 0 ? "." : cut == 0 ? "/" : uri.substring(0, cut);
    return new Place(directory, uri.substring(cut + 1));
  }

  /** Opens any file by its full URI. */
  public static InputStream openRemote(String uri, Configuration hadoop)
      throws FileNotFoundException {
    Place place = place(uri);
    try {
      return Store.open(place.directory(), hadoop).open(place.name());
    } catch (StorageException e) {
      if (e.reason() == StorageException.Reason.MISSING) {
        throw new FileNotFoundException(e.getMessage());
      }
      throw e;
    }
  }
}

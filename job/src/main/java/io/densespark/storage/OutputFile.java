package io.densespark.storage;

import io.densespark.storage.Publication.Existing;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** One file at any place that a user names, which appears whole or not at all. */
public final class OutputFile {

  private OutputFile() {}

  /**
   * Writes it.
   *
   * @param place a plain path or URI; names are not restricted
   * @param replace whether a file of that name is replaced
   * @return the absolute URI
   * @throws StorageException where the name is taken and not to be replaced, or writing fails
   */
  public static String write(String place, Configuration hadoop, boolean replace, Content content) {
    Path given = WorkspaceUri.parse(place, hadoop);
    Configuration settings = StoreSettings.bounded(hadoop);
    try (FileSystem fileSystem = StoreSettings.connect(given, settings)) {
      Path target = fileSystem.makeQualified(given);
      Publication.of(fileSystem)
          .publish(target, content, replace ? Existing.REPLACE : Existing.REFUSE);
      return target.toString();
    } catch (IOException | RuntimeException | LinkageError | FSError e) {
      throw StorageFailure.of("write", given.toString(), e);
    }
  }
}

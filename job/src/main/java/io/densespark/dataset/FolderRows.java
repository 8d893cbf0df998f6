package io.densespark.dataset;

import io.densespark.data.DataException;
import io.densespark.dataset.FileListing.Taken;
import io.densespark.dataset.LabelledImage.Label;
import io.densespark.images.ImageDecoder;
import io.densespark.images.ImageInputs;
import io.densespark.storage.FolderWalk.Entry;
import io.densespark.storage.InputFiles;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Spliterators;
import java.util.stream.StreamSupport;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Image files in a folder for each class, {@code CLASS/…}, or for each part and class, {@code
 * train/CLASS/…}, {@code validation/CLASS/…} and {@code test/CLASS/…}; at any depth below. They are
 * ordered by path.
 */
final class FolderRows {

  private FolderRows() {}

  /**
   * Finds the files.
   *
   * @throws DataException when there are no images in folders of classes
   */
  static Taken find(FileListing listing) {
    boolean parts =
        listing.input().entries().stream()
            .map(entry -> entry.path().split("/"))
            .anyMatch(path -> path.length > 2 && Part.of(path[0]).isPresent());
    Taken taken = listing.take(entry -> noExample(entry, parts));
    if (taken.files().isEmpty() && taken.unusable().isEmpty()) {
      throw new DataException(
          Text.format(
              "%s has no images in folders of classes: expected CLASS/…, or train/CLASS/… and test/CLASS/…; left out: %s",
              listing.place(),
              taken.leftOut().stream()
                  .map(left -> Text.format("%,d %s", left.files(), left.reason()))
                  .toList()));
    }
    return taken;
  }

  private static String noExample(Entry entry, boolean parts) {
    String reason = ImageInputs.noImage(entry);
    if (!reason.isEmpty()) {
      return reason;
    }
    String[] path = entry.path().split("/");
    if (parts && Part.of(path[0]).isEmpty()) {
      return "in none of the folders train, validation and test";
    }
    return path.length < (parts ? 3 : 2) ? "in no folder of a class" : "";
  }

  /** The examples in the files. */
  static LabelledRows of(JavaSparkContext context, InputFiles files, Taken taken, String place) {
    boolean parts =
        !taken.files().isEmpty()
            && taken.files().stream()
                .allMatch(
                    entry ->
                        entry.path().split("/").length > 2
                            && Part.of(entry.path().split("/")[0]).isPresent());
    // Texts alone: what a driver sends for a file.
    List<String[]> keys = new ArrayList<>();
    for (Entry entry : taken.files()) {
      keys.add(new String[] {Integer.toString(keys.size()), entry.path(), entry.file().key()});
    }
    JavaRDD<LabelledImage> images =
        context
            .parallelize(keys, ImageInputs.partitions(context, taken.files()))
            .mapPartitions(partition -> images(partition, files, parts));
    return new LabelledRows(images, true, place, taken.unusable(), taken.leftOut());
  }

  private static Iterator<LabelledImage> images(
      Iterator<String[]> keys, InputFiles files, boolean parts) {
    TaskContext.get().addTaskCompletionListener((TaskCompletionListener) task -> files.close());
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(keys, 0), false)
        .map(
            key -> {
              String[] path = key[1].split("/");
              return new LabelledImage(
                  Long.parseLong(key[0]),
                  key[1],
                  parts ? Optional.of(path[0]) : Optional.empty(),
                  Optional.of(new Label(path[parts ? 1 : 0], false)),
                  () -> ImageDecoder.decode(files, key[2]));
            })
        .iterator();
  }
}

package io.densespark.dataset;

import io.densespark.data.DataConfig;
import io.densespark.data.DataFormat;
import io.densespark.images.BrokenImage;
import io.densespark.images.LeftOut;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Labelled images for training, whatever they were read from.
 *
 * @param format what they were read from
 * @param place where they are
 * @param train training images, without those of the validation part
 * @param validation images held out, on which choices may be made; empty: none
 * @param test test images; empty: there are none
 * @param classNames by label: names of the data or of the settings, else the labels' own numbers
 * @param fingerprint SHA-256 over all images and labels in their order, whatever settings choose of
 *     them; lower-case hexadecimal
 * @param checksums what a run notes of its data: SHA-256 by name
 * @param skipped examples and files that could not be used, the first thousand of each partition
 * @param skippedImages how many there were
 * @param leftOut files that were not taken for images
 */
public record ImageDataset(
    DataFormat format,
    String place,
    Examples train,
    Optional<Examples> validation,
    Optional<Examples> test,
    List<String> classNames,
    String fingerprint,
    Map<String, String> checksums,
    List<BrokenImage> skipped,
    long skippedImages,
    List<LeftOut> leftOut) {

  public ImageDataset {
    classNames = List.copyOf(classNames);
    checksums = Map.copyOf(checksums);
    skipped = List.copyOf(skipped);
    leftOut = List.copyOf(leftOut);
  }

  /** Channels of an image. */
  public int channels() {
    return train.channels();
  }

  /** Number of classes. */
  public int classes() {
    return classNames.size();
  }

  /**
   * The labelled images of a DataFrame, which executors read from it whenever they place them:
   * cache one that is dear to compute. Their order follows from their content, not from the
   * DataFrame's partitions.
   *
   * @param rows with columns as {@code data.columns} says, images as {@link
   *     io.densespark.images.ImageColumns} tells
   * @throws io.densespark.data.DataException when an example cannot be used and {@code
   *     data.on-error} is {@code fail}, or there are none
   */
  public static ImageDataset of(Dataset<Row> rows, DataConfig config) {
    return RowDataset.of(DataFrameRows.of(rows, config.columns()), DataFormat.AUTO, config);
  }
}

package io.densespark.dataset;

import io.densespark.data.DataConfig;
import io.densespark.data.DataException;
import io.densespark.data.DataFormat;
import io.densespark.data.FashionMnist;
import io.densespark.dataset.FileListing.Taken;
import io.densespark.settings.CanonicalText;
import io.densespark.storage.InputFiles;
import io.densespark.text.Text;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** What was found at {@code data.path}, before Spark is there to read it. */
public interface ImageSource {

  /** The data set, where the driver has looked at all of it already. */
  Optional<ImageDataset> looked();

  /**
   * The data set; where the driver has not, executors look at all of it.
   *
   * @throws io.densespark.data.DataException when an example cannot be used and {@code
   *     data.on-error} is {@code fail}, or there are none
   */
  ImageDataset open(JavaSparkContext context);

  /**
   * Finds out what is there.
   *
   * @param files opens it
   * @throws io.densespark.data.DataException when there is nothing, or nothing that can be read
   */
  static ImageSource find(DataConfig config, InputFiles files) {
    if (isIdx(config, files)) {
      return new Looked(IdxDataset.of(config, files));
    }
    return listed(config, files);
  }

  /**
   * Where the data set would be read from, for people; nothing is downloaded.
   *
   * @throws io.densespark.data.DataException when there is nothing, or nothing that can be read
   */
  static String locate(DataConfig config, InputFiles files) {
    if (isIdx(config, files)) {
      return new FashionMnist(files::read).locate(config.offline());
    }
    Listed found = listed(config, files);
    return Text.format("%s, %s", found.place(), CanonicalText.of(found.format()));
  }

  private static boolean isIdx(DataConfig config, InputFiles files) {
    return switch (config.format()) {
      case IDX -> true;
      case AUTO -> config.path().map(place -> FileListing.isIdx(place, files)).orElse(true);
      default -> false;
    };
  }

  private static Listed listed(DataConfig config, InputFiles files) {
    String place =
        config
            .path()
            .orElseThrow(
                () -> new DataException("data.format needs data.path: name the directory or file"));
    FileListing listing = FileListing.of(place, files);
    DataFormat found = config.format() == DataFormat.AUTO ? listing.format() : config.format();
    Taken taken =
        switch (found) {
          case PARQUET -> ParquetRows.find(listing);
          case CSV -> CsvRows.find(listing);
          default -> FolderRows.find(listing);
        };
    return new Listed(found, listing.uri(), taken, config);
  }

  /** A data set that the driver has looked at. */
  record Looked(ImageDataset images) implements ImageSource {
    @Override
    public Optional<ImageDataset> looked() {
      return Optional.of(images);
    }

    @Override
    public ImageDataset open(JavaSparkContext context) {
      return images;
    }
  }

  /** Files that executors will read. */
  record Listed(DataFormat format, String place, Taken taken, DataConfig config)
      implements ImageSource {
    @Override
    public Optional<ImageDataset> looked() {
      return Optional.empty();
    }

    @Override
    public ImageDataset open(JavaSparkContext context) {
      try (InputFiles files = new InputFiles(context.hadoopConfiguration())) {
        return RowDataset.of(rows(context, files), format, config);
      }
    }

    private LabelledRows rows(JavaSparkContext context, InputFiles files) {
      return switch (format) {
        case PARQUET ->
            ParquetRows.of(
                SparkSession.builder().sparkContext(context.sc()).getOrCreate(),
                taken.reopened(files),
                place,
                config);
        case CSV -> CsvRows.of(context, files, taken.reopened(files), place, config.columns());
        default -> FolderRows.of(context, files, taken, place);
      };
    }
  }
}

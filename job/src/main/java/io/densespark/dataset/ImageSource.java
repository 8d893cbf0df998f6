package io.densespark.dataset;

import io.densespark.data.DataConfig;
import io.densespark.data.FashionMnist;
import io.densespark.storage.InputFiles;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;

/** What was found at {@code data.path}, before Spark is there to read it. */
public interface ImageSource {

  /** The data set, where the driver has read it already. */
  Optional<ImageDataset> held();

  /**
   * The data set; where it is not held, executors look at all of it.
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
    ImageDataset read = IdxDataset.of(new FashionMnist(files::read).load(config), config);
    return new ImageSource() {
      @Override
      public Optional<ImageDataset> held() {
        return Optional.of(read);
      }

      @Override
      public ImageDataset open(JavaSparkContext context) {
        return read;
      }
    };
  }
}

package io.densespark.data;

import io.densespark.settings.Check;
import io.densespark.settings.Section;
import io.densespark.settings.Setting;
import io.densespark.settings.TextForm;
import java.io.Serializable;
import java.util.Optional;
import java.util.OptionalInt;

/** Settings of the images. */
@Section("data")
public record DataConfig(
    @Setting(
            value = "directory of the four IDX files; auto: search, download",
            word = "auto",
            form = TextForm.URI,
            altersResult = false)
        Optional<String> path,
    @Setting(
            value = "side of the square that images are resized to",
            range = "[1, 1024]",
            unit = "pixels")
        int imageSize,
    @Setting(value = "training images used, from the first", range = "[1, )", word = "all")
        OptionalInt trainLimit,
    @Setting(value = "test images used, from the first", range = "[1, )", word = "all")
        OptionalInt testLimit,
    @Setting(value = "whether missing files may be downloaded", altersResult = false)
        boolean download,
    @Setting(
            value = "whether files must be the published data set; false for one of your own",
            altersResult = false)
        boolean verifyChecksums,
    AugmentConfig augment) {

  /** Random changes to training images. */
  @Section("data.augment")
  public record AugmentConfig(
      @Setting(
              value = "whether each training image is mirrored with probability 1/2",
              usedWhen = "sync.mode = gradient-sharing, parameter-averaging",
              off = "false")
          boolean horizontalFlip,
      @Setting(
              value = "zeros around a training image before a random crop back to size; 0: no crop",
              range = "[0, 1024]",
              unit = "pixels",
              usedWhen = "sync.mode = gradient-sharing, parameter-averaging",
              off = "0")
          int cropPadding)
      implements Serializable {

    public AugmentConfig {
      Check.values(AugmentConfig.class, horizontalFlip, cropPadding);
    }
  }

  public DataConfig {
    Check.values(
            DataConfig.class,
            path,
            imageSize,
            trainLimit,
            testLimit,
            download,
            verifyChecksums,
            augment)
        .refuse(
            augment.cropPadding() >= imageSize,
            "a crop could miss the image altogether: the padding must be below the image size",
            "data.image-size",
            "data.augment.crop-padding")
        .orThrow();
  }
}

package io.densespark.data;

import io.densespark.settings.Check;
import io.densespark.settings.Section;
import io.densespark.settings.Setting;
import io.densespark.settings.TextForm;
import java.io.Serializable;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Settings of the images. */
@Section("data")
public record DataConfig(
    @Setting(
            value =
                "directory or file with labelled images; auto: Fashion-MNIST, searched, downloaded",
            word = "auto",
            form = TextForm.URI,
            altersResult = false)
        Optional<String> path,
    @Setting(value = "what is there; auto: found out", altersResult = false) DataFormat format,
    ColumnConfig columns,
    @Setting(
            value = "side of the square that images are resized to",
            range = "[1, 1024]",
            unit = "pixels")
        int imageSize,
    @Setting(
            value =
                "sides of training images in the first epochs, one an epoch; image-size after them",
            range = "[1, 1024]",
            unit = "pixels",
            usedWhen = "sync.mode = gradient-sharing, parameter-averaging",
            off = "[]")
        List<Integer> progressiveSizes,
    @Setting(
            value = "training images used: the first, of formats other than IDX chosen by hash",
            range = "[1, )",
            word = "all")
        OptionalInt trainLimit,
    @Setting(
            value = "test images used: the first, of formats other than IDX chosen by hash",
            range = "[1, )",
            word = "all")
        OptionalInt testLimit,
    @Setting(
            value =
                "last training images held out (of formats other than IDX: chosen by hash): epochs are measured on them, the test images once, at the end; 0: none",
            range = "[0, )")
        int validation,
    @Setting(
            value =
                "share of the images that are test images, chosen by hash, where the data does not say which are",
            range = "[0, 0.9]")
        double testFraction,
    @Setting("selects the test images that the data does not name") long splitSeed,
    @Setting("names by class, which order text labels; []: the labels themselves")
        List<String> classNames,
    @Setting(
            value = "1: grey, 3: colour; images are converted; auto: as they are",
            range = "[1, 3]",
            word = "auto")
        OptionalInt channels,
    @Setting(
            value = "what to do about an image that cannot be used: end, or leave it out and tell",
            altersResult = false)
        OnError onError,
    @Setting(value = "whether missing files may be downloaded", altersResult = false)
        boolean download,
    @Setting(
            value = "whether files must be the published data set; false for one of your own",
            altersResult = false)
        boolean verifyChecksums,
    AugmentConfig augment) {

  /** Columns of Parquet and CSV. */
  @Section(value = "data.columns", altersResult = false)
  public record ColumnConfig(
      @Setting(
              value = "column of images, of Parquet; auto: image, content, png or pixels",
              word = "auto")
          Optional<String> image,
      @Setting(value = "column of labels, numbers or texts; auto: label", word = "auto")
          Optional<String> label,
      @Setting(
              value = "column that says train, validation or test; none: file names may",
              word = "none")
          Optional<String> split) {

    public ColumnConfig {
      Check.values(ColumnConfig.class, image, label, split);
    }

    /** Columns by these names. */
    public static ColumnConfig named(String image, String label) {
      return new ColumnConfig(Optional.of(image), Optional.of(label), Optional.empty());
    }
  }

  /** Random changes to training images. */
  @Section("data.augment")
  public record AugmentConfig(
      @Setting(
              value =
                  "which training images are mirrored: each with probability 1/2, or each in every other epoch",
              aliases = {"true = random", "false = off"},
              usedWhen = "sync.mode = gradient-sharing, parameter-averaging",
              off = "off")
          Flip horizontalFlip,
      @Setting(
              value = "zeros around a training image before a random crop back to size; 0: no crop",
              range = "[0, 1024]",
              unit = "pixels",
              usedWhen = "sync.mode = gradient-sharing, parameter-averaging",
              off = "0")
          int cropPadding,
      ErasingConfig erasing,
      @Setting(
              value =
                  "alpha of mixup, which blends examples of a replica's batch in shares from Beta(alpha, alpha); 0: none",
              range = "[0, 4]",
              usedWhen = "sync.mode = gradient-sharing, parameter-averaging",
              off = "0")
          double mixup)
      implements Serializable {

    /** Which images are mirrored. */
    public enum Flip {
      OFF,
      /** Each with probability 1/2, drawn anew in every epoch. */
      RANDOM,
      /**
       * Half of them in even epochs, the others in odd ones: two epochs show both sides of each.
       */
      ALTERNATING
    }

    public AugmentConfig {
      Check.values(AugmentConfig.class, horizontalFlip, cropPadding, erasing, mixup);
    }

    /** No change at all. */
    public static AugmentConfig none() {
      return new AugmentConfig(Flip.OFF, 0, ErasingConfig.none(), 0);
    }
  }

  /**
   * Random erasing of rectangles (Zhong et al. 2017). A fixed square is cutout: equal areas, aspect
   * 1, probability 1.
   */
  @Section("data.augment.erasing")
  public record ErasingConfig(
      @Setting(
              value = "probability that a rectangle of a training image is erased",
              range = "[0, 1]",
              usedWhen = "sync.mode = gradient-sharing, parameter-averaging",
              off = "0")
          double probability,
      @Setting(value = "least area of the rectangle, as a share of the image", range = "(0, 1)")
          double minArea,
      @Setting(value = "greatest area of the rectangle, as a share of the image", range = "(0, 1)")
          double maxArea,
      @Setting(
              value = "least height of the rectangle in widths; its inverse is the greatest",
              range = "[0.01, 1]")
          double minAspect,
      @Setting(
              value = "grey level that is written over it; random: every pixel is drawn",
              range = "[0, 255]",
              word = "random")
          int fill)
      implements Serializable {

    /** In place of a grey level: every pixel is drawn. */
    public static final int NOISE = Setting.WORD_AS_NUMBER;

    public ErasingConfig {
      Check.values(ErasingConfig.class, probability, minArea, maxArea, minAspect, fill)
          .refuse(
              minArea > maxArea,
              "no area is in between: the least must not be above the greatest",
              "data.augment.erasing.min-area",
              "data.augment.erasing.max-area")
          .orThrow();
    }

    /** Nothing is erased; the rest as published. */
    public static ErasingConfig none() {
      return new ErasingConfig(0, 0.02, 0.4, 0.3, NOISE);
    }
  }

  public DataConfig {
    Check.values(
            DataConfig.class,
            path,
            format,
            columns,
            imageSize,
            progressiveSizes,
            trainLimit,
            testLimit,
            validation,
            testFraction,
            splitSeed,
            classNames,
            channels,
            onError,
            download,
            verifyChecksums,
            augment)
        .refuse(
            validation >= trainLimit.orElse(Integer.MAX_VALUE),
            "no image would be left to train on: hold out fewer than there are",
            "data.validation",
            "data.train-limit")
        .refuse(channels.orElse(1) == 2, "must be 1 (grey) or 3 (colour)", "data.channels")
        .refuse(
            new HashSet<>(classNames).size() < classNames.size(),
            "a name stands for one class: each must be another",
            "data.class-names")
        .refuse(
            augment.cropPadding() >= imageSize,
            "a crop could miss the image altogether: the padding must be below the image size",
            "data.image-size",
            "data.augment.crop-padding")
        .refuse(
            progressiveSizes.stream().anyMatch(size -> augment.cropPadding() >= size),
            "a crop could miss the image altogether: the padding must be below every image size",
            "data.progressive-sizes",
            "data.augment.crop-padding")
        .orThrow();
    progressiveSizes = List.copyOf(progressiveSizes);
    classNames = List.copyOf(classNames);
  }

  /** The same without a download. */
  public DataConfig offline() {
    return with(false, classNames);
  }

  /** The same with these names of classes, where the settings give none. */
  public DataConfig withNames(List<String> names) {
    return with(download, classNames.isEmpty() ? names : classNames);
  }

  private DataConfig with(boolean download, List<String> classNames) {
    return new DataConfig(
        path,
        format,
        columns,
        imageSize,
        progressiveSizes,
        trainLimit,
        testLimit,
        validation,
        testFraction,
        splitSeed,
        classNames,
        channels,
        onError,
        download,
        verifyChecksums,
        augment);
  }

  /**
   * Side of the training images in an epoch.
   *
   * @param epoch epochs done before it
   */
  public int trainingSize(int epoch) {
    return epoch < progressiveSizes.size() ? progressiveSizes.get(epoch) : imageSize;
  }
}

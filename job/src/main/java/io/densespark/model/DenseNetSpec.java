package io.densespark.model;

import io.densespark.settings.Check;
import io.densespark.settings.Section;
import io.densespark.settings.Setting;
import io.densespark.settings.SettingsException;
import java.math.BigDecimal;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A DenseNet in the terms of Huang et al., "Densely Connected Convolutional Networks" (CVPR 2017).
 */
@Section("model")
public record DenseNetSpec(
    @Setting("preset to start from") String name,
    @Setting(
            value = "classes to tell apart; auto: those of the data",
            range = "[2, 100000]",
            word = "auto")
        OptionalInt classes,
    Stem stem,
    @Setting(value = "channels that each dense layer adds (k)", range = "[1, 4096]") int growthRate,
    @Setting(
            value = "dense layers in each block; a transition stands between two blocks",
            range = "[1, 1024]",
            leastElements = 1)
        List<Integer> blockLayers,
    @Setting(
            value = "channels of the 1x1 bottleneck as a multiple of the growth rate; 0: none",
            range = "[0, 64]")
        int bottleneckFactor,
    @Setting(
            value =
                "share of the channels that a transition keeps (theta), rounded down, at least one",
            range = "(0, 1]")
        double compression,
    @Setting(
            value = "probability of dropping a value after each convolution but the first",
            range = "[0, 1)")
        double dropout,
    @Setting("whether convolutions carry a bias") boolean convolutionBias,
    @Setting(
            value = "share of the running statistics that an update keeps, as in DL4J",
            range = "[0, 1)")
        double batchNormDecay,
    @Setting(value = "added to the variance", range = "(0, 1)") double batchNormEpsilon,
    @Setting("distribution of the initial weights") Initialisation initialisation) {

  /** What initial weights are drawn from; fans count the kernel's places. */
  public enum Initialisation {
    /**
     * He et al., "Delving Deep into Rectifiers" (ICCV 2015): normal, of variance 2 / fan-in. The
     * classifier, which no ReLU follows: normal, of variance 2 / (fan-in + fan-out).
     */
    HE,

    /**
     * Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
     * networks" (AISTATS 2010): uniform between -s and s, s = sqrt(6 / (fan-in + fan-out)),
     * whatever the stride. It is MXNet's {@code init.Xavier()} and PyTorch's {@code
     * xavier_uniform_}.
     */
    XAVIER
  }

  /** Refuses numbers that make no net: {@link SettingsException} names all of them. */
  public DenseNetSpec {
    Check.values(
        DenseNetSpec.class,
        name,
        classes,
        stem,
        growthRate,
        blockLayers,
        bottleneckFactor,
        compression,
        dropout,
        convolutionBias,
        batchNormDecay,
        batchNormEpsilon,
        initialisation);
    blockLayers = List.copyOf(blockLayers);
  }

  /** The first convolution, padded so that at stride 1 it keeps the image's size. */
  @Section("model.stem")
  public record Stem(
      @Setting(value = "output channels of the first convolution", range = "[1, 4096]")
          int channels,
      @Setting(value = "its kernel side, odd", range = "[1, 31]", unit = "pixels") int kernel,
      @Setting(value = "its stride", range = "[1, 8]", unit = "pixels") int stride,
      @Setting("whether batch norm and ReLU follow it") boolean normalised,
      @Setting("whether a 3x3 max pool of stride 2 follows") boolean maxPool) {

    public Stem {
      Check.values(Stem.class, channels, kernel, stride, normalised, maxPool)
          .refuse(kernel % 2 == 0, "must be odd", "model.stem.kernel")
          .orThrow();
    }
  }

  /** Channels that a transition keeps of {@code channels}, at least 1. */
  public int compressed(int channels) {
    // In decimals, as the setting was written: 0.29 of 100 is 29, in binary fractions 28.
    BigDecimal kept = BigDecimal.valueOf(compression).multiply(BigDecimal.valueOf(channels));
    return Math.max(1, kept.intValue());
  }

  /** Side, in pixels, of the smallest square image that is left with a pixel at the end. */
  public int minimumImageSide() {
    int afterStem = IntStream.range(1, blockLayers.size()).reduce(1, (side, i) -> 2 * side);
    int beforePool = stem.maxPool() ? 2 * afterStem - 1 : afterStem;
    return stem.stride() * (beforePool - 1) + 1;
  }

  /** The same for so many classes. */
  public DenseNetSpec withClasses(int classes) {
    return new DenseNetSpec(
        name,
        OptionalInt.of(classes),
        stem,
        growthRate,
        blockLayers,
        bottleneckFactor,
        compression,
        dropout,
        convolutionBias,
        batchNormDecay,
        batchNormEpsilon,
        initialisation);
  }
}

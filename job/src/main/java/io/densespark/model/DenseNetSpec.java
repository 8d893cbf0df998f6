package io.densespark.model;

import java.math.BigDecimal;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A DenseNet in the terms of Huang et al., "Densely Connected Convolutional Networks" (CVPR 2017).
 *
 * <p>To change numbers of a preset: {@code spec.toBuilder().growthRate(12).build()}.
 *
 * @param name the preset it came from
 * @param classes number of classes, at least 2
 * @param stem what precedes the first dense block
 * @param growthRate channels that each dense layer adds (k)
 * @param blockLayers dense layers in each block; a transition stands between two blocks
 * @param bottleneckFactor channels of the 1x1 bottleneck as a multiple of the growth rate; 0: no
 *     bottleneck
 * @param compression share of the channels that a transition keeps (theta, 0 exclusive to 1),
 *     rounded down to whole channels, but at least one
 * @param dropout probability of dropping an activation after each convolution but the first; 0 for
 *     none
 * @param convolutionBias whether convolutions carry a bias
 * @param batchNormDecay decay of the running statistics, in DL4J's sense: the share of the old
 *     value that an update keeps, from 0 to below 1
 * @param batchNormEpsilon added to the variance
 */
public record DenseNetSpec(
    String name,
    int classes,
    Stem stem,
    int growthRate,
    List<Integer> blockLayers,
    int bottleneckFactor,
    double compression,
    double dropout,
    boolean convolutionBias,
    double batchNormDecay,
    double batchNormEpsilon) {

  /** Refuses numbers that make no net: {@link IllegalArgumentException} names the first of them. */
  public DenseNetSpec {
    require(!name.isBlank(), "name", "'" + name + "'", "a name");
    require(classes >= 2, "classes", classes, "at least 2");
    require(growthRate >= 1, "growthRate", growthRate, "at least 1");
    blockLayers = List.copyOf(blockLayers);
    require(!blockLayers.isEmpty(), "blockLayers", blockLayers, "at least one block");
    require(
        blockLayers.stream().allMatch(n -> n >= 1),
        "blockLayers",
        blockLayers,
        "at least 1 in each block");
    require(bottleneckFactor >= 0, "bottleneckFactor", bottleneckFactor, "0 (none) or more");
    require(compression > 0 && compression <= 1, "compression", compression, "above 0, up to 1");
    require(dropout >= 0 && dropout < 1, "dropout", dropout, "0 (none) to below 1");
    require(
        batchNormDecay >= 0 && batchNormDecay < 1,
        "batchNormDecay",
        batchNormDecay,
        "0 to below 1");
    require(
        batchNormEpsilon > 0 && batchNormEpsilon < 1,
        "batchNormEpsilon",
        batchNormEpsilon,
        "above 0, below 1");
  }

  /**
   * The first convolution, padded so that at stride 1 it keeps the image's size.
   *
   * @param channels its output channels
   * @param kernel its kernel side, odd
   * @param stride its stride
   * @param normalised whether batch norm and ReLU follow it
   * @param maxPool whether a 3x3 max pool of stride 2 follows
   */
  public record Stem(int channels, int kernel, int stride, boolean normalised, boolean maxPool) {

    public Stem {
      require(channels >= 1, "stem.channels", channels, "at least 1");
      require(kernel >= 1 && kernel % 2 == 1, "stem.kernel", kernel, "odd and at least 1");
      require(stride >= 1, "stem.stride", stride, "at least 1");
    }
  }

  /** Channels that a transition keeps of {@code channels}, at least 1. */
  public int compressed(int channels) {
    // In decimals, as the setting was written: 0.29 of 100 is 29, in binary fractions 28.
    BigDecimal kept = BigDecimal.valueOf(compression).multiply(BigDecimal.valueOf(channels));
    return Math.max(1, kept.intValue());
  }

  /** The paper's L: convolutions on the longest path, and the classifier. */
  public int depth() {
    int dense = blockLayers.stream().mapToInt(Integer::intValue).sum();
    int transitions = blockLayers.size() - 1;
    return 1 + dense * (bottleneckFactor > 0 ? 2 : 1) + transitions + 1;
  }

  /** Side, in pixels, of the smallest square image that is left with a pixel at the end. */
  public int minimumImageSide() {
    int afterStem = IntStream.range(1, blockLayers.size()).reduce(1, (side, i) -> 2 * side);
    int beforePool = stem.maxPool() ? 2 * afterStem - 1 : afterStem;
    return stem.stride() * (beforePool - 1) + 1;
  }

  /** A builder that starts from this spec's values. */
  public DenseNetSpecBuilder toBuilder() {
    return new DenseNetSpecBuilder(this);
  }

  private static void require(boolean holds, String field, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(
          "a model's %s must be %s, was %s".formatted(field, allowed, value));
    }
  }
}

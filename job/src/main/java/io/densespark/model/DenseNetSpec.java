package io.densespark.model;

import java.util.List;

/**
 * A DenseNet in the terms of Huang et al., "Densely Connected Convolutional Networks" (CVPR 2017).
 *
 * @param name the preset it came from
 * @param classes number of classes
 * @param stem what precedes the first dense block
 * @param growthRate channels that each dense layer adds (k)
 * @param blockLayers dense layers in each block
 * @param bottleneckFactor channels of the 1x1 bottleneck as a multiple of the growth rate; 0: no
 *     bottleneck
 * @param compression share of the channels that a transition keeps (theta, 0 exclusive to 1)
 * @param dropout probability of dropping a channel value after each convolution of a dense layer; 0
 *     for none
 * @param convolutionBias whether convolutions carry a bias
 * @param batchNormDecay decay of the running statistics, in DL4J's sense
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

  /**
   * The first convolution.
   *
   * @param channels its output channels
   * @param kernel its kernel side
   * @param stride its stride
   * @param normalised whether batch norm and ReLU follow it
   * @param maxPool whether a 3x3 max pool of stride 2 follows
   */
  public record Stem(int channels, int kernel, int stride, boolean normalised, boolean maxPool) {}
}

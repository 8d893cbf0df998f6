package io.densespark.engine.graph;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One operation of a network, without its place in it. Shapes are those of one example; inputs are
 * images unless said otherwise.
 */
public sealed interface Op {

  /** The network's input, an image. */
  record Input() implements Op {}

  /**
   * A convolution. Weights lie in the flat vector as [out, in, kernel height, kernel width].
   *
   * @param foldedNorm a batch norm with running statistics applied to the output; inference only
   * @param activation a function applied last; inference only
   */
  record Convolution(
      int inChannels,
      int outChannels,
      Window window,
      Slice weights,
      Optional<Slice> bias,
      Optional<NormParameters> foldedNorm,
      Optional<Activation> activation)
      implements Op {

    /** A convolution with nothing folded in. */
    public static Convolution plain(
        int inChannels, int outChannels, Window window, Slice weights, Optional<Slice> bias) {
      return new Convolution(
          inChannels, outChannels, window, weights, bias, Optional.empty(), Optional.empty());
    }

    /** The same with this folded in. */
    public Convolution with(Optional<NormParameters> foldedNorm, Optional<Activation> activation) {
      return new Convolution(
          inChannels, outChannels, window, weights, bias, foldedNorm, activation);
    }

    @Override
    public List<Slice> parameters() {
      return Stream.concat(bias.stream(), Stream.of(weights)).toList();
    }
  }

  /**
   * Batch normalisation of an image's channels or a row's features.
   *
   * @param relu whether a ReLU follows at once
   */
  record BatchNorm(NormParameters norm, boolean relu) implements Op {
    @Override
    public List<Slice> parameters() {
      return Stream.concat(norm.scaleShift().stream(), Stream.of(norm.mean(), norm.spread()))
          .toList();
    }
  }

  /** An elementwise function of an image or a row. */
  record Activate(Activation activation) implements Op {}

  /** Pooling over a window. */
  record Pool(Kind kind, Window window) implements Op {

    /** What becomes of the values under the window. */
    public enum Kind {
      MAX,
      /** Mean over the pixels that exist. */
      MEAN_INSIDE,
      /** Mean over all of the window's positions, padding counted as 0. */
      MEAN_PADDED
    }
  }

  /** Concatenation of images along channels, or of rows along features. */
  record Concat() implements Op {}

  /** Elementwise sum of equal shapes. */
  record Add() implements Op {}

  /**
   * Inverted dropout while training: each value is kept with probability {@code keep} and then
   * divided by it. Inference leaves values alone.
   *
   * @param stream number that tells this dropout's masks from the others' of the same graph
   */
  record Dropout(double keep, int stream) implements Op {}

  /** An image as a row, in the order channels, rows, columns. */
  record Flatten() implements Op {}

  /** An affine map of rows. Weights lie in the flat vector as [out, in]. */
  record Dense(int inFeatures, int outFeatures, Slice weights, Optional<Slice> bias) implements Op {
    @Override
    public List<Slice> parameters() {
      return Stream.concat(Stream.of(weights), bias.stream()).toList();
    }
  }

  /**
   * Softmax of a row and, with labels, the cross entropy of the result. Its output is the
   * network's.
   *
   * @param classWeights factor of each class in the loss; empty for 1 everywhere
   * @param clip probabilities are kept this far from 0 and 1 inside the logarithm
   */
  record SoftmaxLoss(List<Float> classWeights, double clip) implements Op {}

  /** Parameters of this operation, in no particular order. */
  default List<Slice> parameters() {
    return List.of();
  }
}

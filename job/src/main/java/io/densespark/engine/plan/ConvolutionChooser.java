package io.densespark.engine.plan;

import io.densespark.engine.graph.Op;
import io.densespark.engine.plan.ConvolutionChoice.Direction;
import io.densespark.engine.plan.Tensor.Image;

/** Decides how each computation of each convolution is done. */
@FunctionalInterface
public interface ConvolutionChooser {

  /** Takes every convolution as it comes. */
  ConvolutionChooser IN_PLACE = (op, direction, src, dst) -> ConvolutionChoice.IN_PLACE;

  /** Chooses for a convolution from {@code src} to {@code dst}, or between their gradients. */
  ConvolutionChoice choose(Op.Convolution op, Direction direction, Image src, Image dst);
}

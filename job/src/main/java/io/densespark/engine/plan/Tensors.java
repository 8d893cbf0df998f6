package io.densespark.engine.plan;

import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Rows;

/** Tensors made from others. */
final class Tensors {
  private Tensors() {}

  /** An image of the same layout elsewhere. */
  static Image rebuffered(Image like, int buffer, int firstChannel) {
    return new Image(
        buffer,
        firstChannel,
        like.channels(),
        like.images(),
        like.height(),
        like.width(),
        like.block(),
        like.element());
  }

  /** A tensor of the same layout elsewhere; only images start at a channel other than 0. */
  static Tensor rebuffered(Tensor like, int buffer, int firstChannel) {
    if (like instanceof Image image) {
      return rebuffered(image, buffer, firstChannel);
    }
    if (like instanceof Rows rows) {
      return new Rows(buffer, rows.rows(), rows.features());
    }
    throw new IllegalArgumentException("cannot place a tensor like " + like);
  }
}

package io.densespark.engine.cuda;

import io.densespark.engine.graph.Slice;
import io.densespark.engine.plan.Element;
import io.densespark.engine.plan.Tensor;
import io.densespark.engine.plan.Tensor.Image;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where everything lies on the device.
 *
 * @param arrays what comes from the caller and goes back
 * @param buffers address of each of the program's buffers
 * @param pixels type of the values of images
 * @param partial what blocks leave for the next launch
 */
record Addresses(Arrays arrays, Map<Integer, Long> buffers, Element pixels, long partial) {

  /** No address: what a kernel may do without. */
  static final long ABSENT = 0;

  /** Where in {@code inputs} the dropouts' keys begin. */
  static final int DROPOUT_KEYS = 3;

  /**
   * Arrays that the programs of a plan share.
   *
   * @param inputs what differs from call to call, 8 bytes each: whether features are bytes, their
   *     address, that of the labels, then the dropouts' keys
   * @param losses one double for each row
   * @param meanLoss one double
   */
  record Arrays(long parameters, long gradient, long inputs, long losses, long meanLoss) {}

  long of(Tensor tensor) {
    return buffer(tensor.buffer()) + tensor.offsetBytes();
  }

  long of(Optional<? extends Tensor> tensor) {
    return tensor.map(this::of).orElse(ABSENT);
  }

  /** An image's address, for kernels that take images' own type alone. */
  long pixels(Image image) {
    if (image.element() != pixels) {
      throw new IllegalStateException("not the type of the kernels: " + image);
    }
    return of(image);
  }

  /** The structure of an address and the type that lies there, which kernels take. */
  List<Object> values(Tensor tensor) {
    boolean arePixels = tensor instanceof Image image && image.element() == pixels;
    return List.of(of(tensor), arePixels ? 1 : 0);
  }

  long buffer(int id) {
    return buffers.get(id);
  }

  long parameters(Slice slice) {
    return arrays.parameters() + Float.BYTES * slice.offset();
  }

  long gradient(Slice slice) {
    return arrays.gradient() + Float.BYTES * slice.offset();
  }
}

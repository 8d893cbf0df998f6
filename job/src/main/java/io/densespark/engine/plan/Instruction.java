package io.densespark.engine.plan;

import io.densespark.engine.graph.Activation;
import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Window;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Rows;
import io.densespark.engine.plan.Tensor.Vector;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One native computation. A name starting with {@code d} is a gradient; buffers given by id alone
 * hold what only the library can size.
 */
public sealed interface Instruction {

  /** Buffers read or written. */
  List<Integer> buffers();

  /** What reads one value and writes one. */
  sealed interface SrcToDst extends Instruction {
    Tensor src();

    Tensor dst();

    @Override
    default List<Integer> buffers() {
      return ids(src(), dst());
    }
  }

  /**
   * Brings the caller's features into the plan's layout; bytes are divided by the divisor, one
   * number.
   */
  record LoadInput(Image dst, Vector byteDivisor) implements Instruction {
    @Override
    public List<Integer> buffers() {
      return ids(dst, byteDivisor);
    }
  }

  /**
   * Where one computation of a convolution has its weights, or their gradient.
   *
   * @param weights buffer of the weights in the library's own layout
   * @param staging buffer of the weights as [out, in, kh, kw] with the gaps of the channel maps,
   *     where these have any; the gaps of weights that are read hold zeros
   * @param chunk buffers of copies of a chunk's images, where the choice asks for chunks
   */
  record ConvolutionSite(
      String name,
      Op.Convolution op,
      ConvolutionChoice choice,
      int weights,
      Optional<Integer> staging,
      Optional<Chunk> chunk) {
    List<Integer> buffers() {
      List<Integer> copies =
          chunk.map(c -> List.of(c.src(), c.dst(), c.partialWeights())).orElse(List.of());
      return join(List.of(weights), join(staging.stream().toList(), copies));
    }
  }

  /**
   * Buffers of a convolution that is computed chunk by chunk.
   *
   * @param src buffer of a chunk of its input or the gradient of it
   * @param dst buffer of a chunk of its output or the gradient of it
   * @param partialWeights buffer of the weights' gradient from a chunk
   */
  record Chunk(int src, int dst, int partialWeights) {}

  /**
   * What a convolution needs for a batch norm folded into it.
   *
   * @param factor factor of each output channel, without gaps
   * @param weights buffer of the weights times the factor, as [out, in, kh, kw] without gaps
   */
  record Fold(Vector factor, int weights) {}

  /**
   * dst = activation(norm(weights * src + bias)); with a fold the bias is the norm's shift.
   *
   * @param keepsWeights whether the weights stay ready for the kernel from call to call, to be made
   *     again only when parameters have changed; their buffer is pinned then
   */
  record ConvolutionForward(
      ConvolutionSite site,
      Image src,
      Image dst,
      Optional<Vector> bias,
      Optional<Fold> fold,
      boolean training,
      boolean keepsWeights)
      implements Instruction {
    @Override
    public List<Integer> buffers() {
      List<Integer> folded =
          fold.map(f -> List.of(f.factor().buffer(), f.weights())).orElse(List.of());
      return join(join(site.buffers(), folded), join(ids(src, dst), ids(bias)));
    }
  }

  /** Gradient of a convolution's input. */
  record ConvolutionBackwardData(ConvolutionSite site, Image dDst, Image dSrc)
      implements Instruction {
    @Override
    public List<Integer> buffers() {
      return join(site.buffers(), ids(dDst, dSrc));
    }
  }

  /** Gradients of a convolution's weights and bias. */
  record ConvolutionBackwardWeights(
      ConvolutionSite site, Image src, Image dDst, Optional<Vector> dBias) implements Instruction {
    @Override
    public List<Integer> buffers() {
      return join(site.buffers(), join(ids(src, dDst), ids(dBias)));
    }
  }

  /** How a batch norm gets its mean and variance. */
  enum Statistics {
    /** From the minibatch, and leaves them behind. */
    COMPUTED,
    /** From the minibatch, left behind by an earlier instruction. */
    KNOWN,
    /** Running ones; nothing is kept for a backward pass. */
    RUNNING
  }

  /** What forward and backward of a batch norm share. */
  record NormSite(
      String name,
      double epsilon,
      boolean relu,
      Vector mean,
      Vector variance,
      Vector gamma,
      Vector beta,
      Optional<Integer> workspace) {
    List<Integer> buffers() {
      return join(ids(mean, variance, gamma, beta), workspace.stream().toList());
    }
  }

  /** dst = gamma (src - mean) / sqrt(variance + epsilon) + beta. */
  record NormForward(NormSite site, Statistics statistics, Tensor src, Tensor dst)
      implements Instruction {
    @Override
    public List<Integer> buffers() {
      return join(site.buffers(), ids(src, dst));
    }
  }

  /** Gradients of a batch norm; {@code dSrc} may be {@code dDst}. */
  record NormBackward(
      NormSite site, Tensor src, Tensor dDst, Tensor dSrc, Vector dGamma, Vector dBeta)
      implements Instruction {
    @Override
    public List<Integer> buffers() {
      return join(site.buffers(), ids(src, dDst, dSrc, dGamma, dBeta));
    }
  }

  /** dst = f(src). */
  record ActivateForward(Activation activation, Tensor src, Tensor dst) implements SrcToDst {}

  /** dSrc = f'(src) dDst; {@code dSrc} may be {@code dDst}. */
  record ActivateBackward(Activation activation, Tensor src, Tensor dDst, Tensor dSrc)
      implements Instruction {
    @Override
    public List<Integer> buffers() {
      return ids(src, dDst, dSrc);
    }
  }

  /**
   * Pooling.
   *
   * @param workspace where a maximum remembers its origin; absent for means and in inference
   */
  record PoolForward(
      Op.Pool.Kind kind,
      Window window,
      Image src,
      Image dst,
      boolean training,
      Optional<Integer> workspace)
      implements Instruction {
    @Override
    public List<Integer> buffers() {
      return join(ids(src, dst), workspace.stream().toList());
    }
  }

  /** Gradient of pooling. */
  record PoolBackward(
      Op.Pool.Kind kind, Window window, Image dDst, Image dSrc, Optional<Integer> workspace)
      implements Instruction {
    @Override
    public List<Integer> buffers() {
      return join(ids(dDst, dSrc), workspace.stream().toList());
    }
  }

  /** dst = left + right, all laid out alike; {@code dst} may be {@code left}. */
  record Sum(Tensor left, Tensor right, Tensor dst) implements Instruction {
    @Override
    public List<Integer> buffers() {
      return ids(left, right, dst);
    }
  }

  /** dst = left * right, all laid out alike; {@code dst} may be {@code left}. */
  record Product(Tensor left, Tensor right, Tensor dst) implements Instruction {
    @Override
    public List<Integer> buffers() {
      return ids(left, right, dst);
    }
  }

  /**
   * Writes a mask of 0 and 1 / keep, a function of the step's seed, the stream and the position.
   */
  record DropoutMask(double keep, int stream, Tensor mask) implements Instruction {
    @Override
    public List<Integer> buffers() {
      return ids(mask);
    }
  }

  /** Writes zeros. */
  record Zero(Tensor tensor) implements Instruction {
    @Override
    public List<Integer> buffers() {
      return ids(tensor);
    }
  }

  /**
   * dst = src, with the same channel map; images may differ in their blocks and types. Where one is
   * wider, its images are several of the other's side by side, and the column behind each keeps
   * what it holds.
   */
  record Copy(Tensor src, Tensor dst) implements SrcToDst {}

  /** Images to rows in the order channels, height, width. */
  record Flatten(Image src, Rows dst) implements SrcToDst {}

  /** Rows in the order channels, height, width to images; gaps become 0. */
  record Unflatten(Rows src, Image dst) implements SrcToDst {}

  /** Copies {@code count} features of every row. */
  record CopyFeatures(Rows src, int srcFirst, Rows dst, int dstFirst, int count)
      implements SrcToDst {}

  /** dst = src weights + bias. */
  record DenseForward(Op.Dense op, Rows src, Rows dst) implements SrcToDst {}

  /** Gradient of a dense layer's input. */
  record DenseBackwardData(Op.Dense op, Rows dDst, Rows dSrc) implements Instruction {
    @Override
    public List<Integer> buffers() {
      return ids(dDst, dSrc);
    }
  }

  /** Gradients of a dense layer's weights and bias. */
  record DenseBackwardWeights(Op.Dense op, Rows src, Rows dDst) implements Instruction {
    @Override
    public List<Integer> buffers() {
      return ids(src, dDst);
    }
  }

  /** probabilities = softmax(logits). */
  record Softmax(Rows logits, Rows probabilities) implements Instruction {
    @Override
    public List<Integer> buffers() {
      return ids(logits, probabilities);
    }
  }

  /** Cross entropy of probabilities and labels, and its gradient by the logits. */
  record CrossEntropy(Op.SoftmaxLoss op, Rows probabilities, Rows dLogits) implements Instruction {
    @Override
    public List<Integer> buffers() {
      return ids(probabilities, dLogits);
    }
  }

  private static List<Integer> ids(Tensor... tensors) {
    return Stream.of(tensors).map(Tensor::buffer).toList();
  }

  private static List<Integer> ids(Optional<? extends Tensor> tensor) {
    return tensor.stream().map(Tensor::buffer).toList();
  }

  private static List<Integer> join(List<Integer> first, List<Integer> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }
}

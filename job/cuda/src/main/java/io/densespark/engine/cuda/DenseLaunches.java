package io.densespark.engine.cuda;

import static io.densespark.engine.cuda.Addresses.ABSENT;

import io.densespark.engine.graph.Op;
import io.densespark.engine.plan.Instruction.DenseBackwardData;
import io.densespark.engine.plan.Instruction.DenseBackwardWeights;
import io.densespark.engine.plan.Instruction.DenseForward;
import io.densespark.engine.plan.Tensor.Rows;
import java.util.ArrayList;
import java.util.List;

/** Launches for affine maps of rows, whose weights are [out, in]. */
final class DenseLaunches {
  private final Addresses at;
  private final ChannelLaunches channels;

  DenseLaunches(Addresses at, ChannelLaunches channels) {
    this.at = at;
    this.channels = channels;
  }

  /** A matrix by its address and the floats between its rows and its columns. */
  private record Matrix(long address, long rowStride, long columnStride) {
    Matrix transposed() {
      return new Matrix(address, columnStride, rowStride);
    }

    List<Object> argument() {
      return List.of(address, rowStride, columnStride);
    }
  }

  private Matrix rows(Rows rows) {
    return new Matrix(at.of(rows), rows.features(), 1);
  }

  List<Launch> forward(DenseForward d) {
    Op.Dense op = d.op();
    Matrix weights = new Matrix(at.parameters(op.weights()), op.inFeatures(), 1);
    long bias = op.bias().map(at::parameters).orElse(ABSENT);
    return List.of(
        product(
            weights,
            rows(d.src()).transposed(),
            rows(d.dst()).transposed(),
            bias,
            op.outFeatures(),
            d.src().rows(),
            op.inFeatures()));
  }

  List<Launch> backwardData(DenseBackwardData d) {
    Op.Dense op = d.op();
    Matrix weights = new Matrix(at.parameters(op.weights()), op.inFeatures(), 1);
    return List.of(
        product(
            weights.transposed(),
            rows(d.dDst()).transposed(),
            rows(d.dSrc()).transposed(),
            ABSENT,
            op.inFeatures(),
            d.dSrc().rows(),
            op.outFeatures()));
  }

  List<Launch> backwardWeights(DenseBackwardWeights d) {
    Op.Dense op = d.op();
    List<Launch> launches = new ArrayList<>();
    launches.add(
        product(
            rows(d.dDst()).transposed(),
            rows(d.src()),
            new Matrix(at.gradient(op.weights()), op.inFeatures(), 1),
            ABSENT,
            op.outFeatures(),
            op.inFeatures(),
            d.src().rows()));
    op.bias().ifPresent(bias -> launches.addAll(channels.sums(at.gradient(bias), d.dDst())));
    return launches;
  }

  /** product[m, n] = left[m, k] right[k, n] + bias[m]. */
  private static Launch product(
      Matrix left, Matrix right, Matrix product, long bias, int m, int n, int k) {
    return new Launch(
        "multiplyMatrices",
        WindowLaunches.tiles(m, n),
        List.of(left.argument(), right.argument(), product.argument(), bias, m, n, k));
  }
}

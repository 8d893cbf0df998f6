package io.densespark.engine.plan;

import io.densespark.engine.graph.Activation;
import io.densespark.engine.graph.Graph;
import io.densespark.engine.graph.GraphBuilder;
import io.densespark.engine.graph.NormParameters;
import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Shape;
import io.densespark.engine.graph.Slice;
import io.densespark.engine.graph.Window;
import java.util.List;
import java.util.Optional;

/** Graphs written by hand. */
final class Sketch {
  final GraphBuilder builder;
  private long parameters;

  Sketch(int channels, int height, int width) {
    builder = new GraphBuilder("in", new Shape.Image(channels, height, width));
  }

  int conv(int in, int kernel, int out) {
    int channels = ((Shape.Image) builder.shape(in)).channels();
    int pad = kernel / 2;
    Window window = new Window(kernel, kernel, 1, 1, 1, 1, pad, pad, pad, pad);
    Slice weights = take((long) channels * out * kernel * kernel);
    return builder.add(
        "conv",
        Op.Convolution.plain(channels, out, window, weights, Optional.empty()),
        List.of(in));
  }

  int norm(int in) {
    int channels = ((Shape.Image) builder.shape(in)).channels();
    NormParameters norm =
        new NormParameters(
            channels,
            Optional.of(take(2L * channels)),
            1,
            0,
            take(channels),
            take(channels),
            true,
            1e-5,
            0.9);
    return builder.add("norm", new Op.BatchNorm(norm, false), List.of(in));
  }

  int relu(int in) {
    return builder.add("relu", new Op.Activate(Activation.RELU), List.of(in));
  }

  int pool(Op.Pool.Kind kind, int in) {
    return builder.add(
        "pool", new Op.Pool(kind, new Window(2, 2, 2, 2, 1, 1, 0, 0, 0, 0)), List.of(in));
  }

  int concat(Integer... in) {
    return builder.add("concat", new Op.Concat(), List.of(in));
  }

  Graph classify(int in) {
    int flat = builder.add("flat", new Op.Flatten(), List.of(in));
    int features = ((Shape.Row) builder.shape(flat)).features();
    int dense =
        builder.add(
            "dense",
            new Op.Dense(features, 3, take(3L * features), Optional.empty()),
            List.of(flat));
    builder.add("loss", new Op.SoftmaxLoss(List.of(), 1e-10), List.of(dense));
    return builder.build(parameters);
  }

  private Slice take(long length) {
    Slice slice = new Slice(parameters, length);
    parameters += length;
    return slice;
  }
}

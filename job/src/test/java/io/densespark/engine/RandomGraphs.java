package io.densespark.engine;

import io.densespark.engine.GraphCase.Images;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ArbitrarySupplier;
import net.jqwik.api.Combinators;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.nd4j.linalg.activations.Activation;

/**
 * Graphs of one to four random parts and a random head. A part whose window does not fit the image
 * takes padding Same instead, so every draw is a graph.
 */
final class RandomGraphs implements ArbitrarySupplier<GraphCase> {

  private static final List<Activation> ACTIVATIONS =
      List.of(
          Activation.IDENTITY,
          Activation.RELU,
          Activation.LEAKYRELU,
          Activation.SIGMOID,
          Activation.TANH,
          Activation.GELU);

  /** Batch norm over fewer values than this amplifies rounding without bound. */
  private static final int FEWEST_NORMALISED = 12;

  /** Something that can stand in a graph. */
  sealed interface Part {}

  record Window(
      int height, int width, int stride, int dilation, int padding, ConvolutionMode mode) {
    boolean fits(int size, int kernel) {
      int spare = size + 2 * padding - (dilation * (kernel - 1) + 1);
      return padding < kernel
          && spare >= 0
          && (mode != ConvolutionMode.Strict || spare % stride == 0);
    }

    int outputSize(int size, int kernel) {
      return mode == ConvolutionMode.Same
          ? (size + stride - 1) / stride
          : (size + 2 * padding - (dilation * (kernel - 1) + 1)) / stride + 1;
    }

    Window fitted(int imageHeight, int imageWidth) {
      boolean fits =
          mode == ConvolutionMode.Same || fits(imageHeight, height) && fits(imageWidth, width);
      return fits ? this : new Window(height, width, stride, dilation, 0, ConvolutionMode.Same);
    }

    Window undilated() {
      return new Window(height, width, stride, 1, padding, mode);
    }

    int effectivePadding() {
      return mode == ConvolutionMode.Same ? 0 : padding;
    }
  }

  record Convolution(int channels, Window window, boolean bias, Activation activation)
      implements Part {}

  record Norm(boolean useLogStd, double decay, double epsilon, boolean locked) implements Part {}

  record Activated(Activation activation) implements Part {}

  record Pool(PoolingType type, Window window) implements Part {}

  record Merged(int channels, int kernel) implements Part {}

  record Added(int kernel) implements Part {}

  /** What stands between the parts and the output layer. */
  enum Head {
    FLAT,
    DENSE,
    GLOBAL_AVG,
    GLOBAL_MAX,
    GLOBAL_SUM
  }

  @Override
  public Arbitrary<GraphCase> get() {
    return Combinators.combine(
            images(),
            part().list().ofMinSize(1).ofMaxSize(4),
            Arbitraries.of(Head.class),
            Arbitraries.longs().between(0, 1_000_000))
        .as(RandomGraphs::build);
  }

  private static Arbitrary<Images> images() {
    Arbitrary<int[]> sizes = Arbitraries.of(new int[] {1, 1}, new int[] {3, 3}, new int[] {7, 5});
    return Combinators.combine(Arbitraries.of(1, 2, 13), Arbitraries.of(1, 3, 17, 120), sizes)
        .as((batch, channels, size) -> new Images(batch, channels, size[0], size[1]));
  }

  private static Arbitrary<Part> part() {
    Arbitrary<Part> convolution =
        Combinators.combine(
                Arbitraries.of(1, 3, 17, 120),
                window(1, 2, 3, 5),
                Arbitraries.of(true, false),
                Arbitraries.of(Activation.IDENTITY, Activation.TANH, Activation.RELU))
            .as(Convolution::new);
    Arbitrary<Part> norm =
        Combinators.combine(
                Arbitraries.of(true, false),
                Arbitraries.of(0.5, 0.9, 0.99),
                Arbitraries.of(1e-5, 1e-3),
                Arbitraries.of(false, false, true))
            .as(Norm::new);
    Arbitrary<Part> pool =
        Combinators.combine(Arbitraries.of(PoolingType.MAX, PoolingType.AVG), window(2, 3))
            .as((type, window) -> new Pool(type, window.undilated()));
    Arbitrary<Part> merged =
        Combinators.combine(Arbitraries.of(1, 3, 17), Arbitraries.of(1, 3)).as(Merged::new);
    return Arbitraries.oneOf(
        List.of(
            convolution,
            convolution,
            norm,
            Arbitraries.of(ACTIVATIONS).map(Activated::new),
            pool,
            merged,
            Arbitraries.of(1, 3).map(Added::new)));
  }

  private static Arbitrary<Window> window(Integer... sides) {
    return Combinators.combine(
            Arbitraries.of(sides),
            Arbitraries.of(sides),
            Arbitraries.of(1, 1, 2),
            Arbitraries.of(1, 1, 2),
            Arbitraries.of(0, 1, 2),
            Arbitraries.of(ConvolutionMode.Same, ConvolutionMode.Truncate, ConvolutionMode.Strict))
        .as(Window::new);
  }

  private static GraphCase build(Images images, List<Part> parts, Head head, long seed) {
    GraphBuilder builder = ContractGraphs.builder(images);
    builder.addLayer("before", ContractGraphs.before(images), ContractGraphs.INPUT);
    State state =
        new State(
            builder, images.batch(), "before", images.channels(), images.height(), images.width());
    parts.forEach(state::append);
    state.append(head);
    String name = "before, " + parts + ", " + head;
    return new GraphCase(name, ContractGraphs.end(builder, state.last), images, seed);
  }

  /** The graph so far and the shape at its end. */
  private static final class State {
    private final GraphBuilder builder;
    private final int batch;

    /** Of one channel at the narrowest place so far: padding adds positions but no values. */
    private int fewestValues;

    private String last;
    private int channels;
    private int height;
    private int width;
    private int count;

    /** A sum over what was just normalised cancels, and float would compare what rounding left. */
    private boolean normalised;

    State(GraphBuilder builder, int batch, String last, int channels, int height, int width) {
      this.builder = builder;
      this.batch = batch;
      this.last = last;
      this.channels = channels;
      this.height = height;
      this.width = width;
      this.fewestValues = batch * height * width;
    }

    void append(Part part) {
      String name = "part" + count++;
      normalised = false;
      if (part instanceof Convolution convolution) {
        append(name, convolution);
      } else if (part instanceof Norm norm) {
        append(name, norm);
      } else if (part instanceof Activated activated) {
        builder.addLayer(name, new ActivationLayer(activated.activation()), last);
        last = name;
      } else if (part instanceof Pool pool) {
        append(name, pool);
      } else if (part instanceof Merged merged) {
        builder.addLayer(
            name + "-new", ContractGraphs.same(merged.channels(), merged.kernel()), last);
        builder.addVertex(name, new MergeVertex(), last, name + "-new");
        channels += merged.channels();
        last = name;
      } else if (part instanceof Added added) {
        builder.addLayer(name + "-new", ContractGraphs.same(channels, added.kernel()), last);
        ElementWiseVertex sum = new ElementWiseVertex(ElementWiseVertex.Op.Add);
        builder.addVertex(name, sum, last, name + "-new");
        last = name;
      }
    }

    private void append(String name, Convolution convolution) {
      Window window = convolution.window().fitted(height, width);
      int padding = window.effectivePadding();
      builder.addLayer(
          name,
          ContractGraphs.convolution(convolution.channels(), window.height(), window.width())
              .stride(window.stride(), window.stride())
              .dilation(window.dilation(), window.dilation())
              .padding(padding, padding)
              .convolutionMode(window.mode())
              .hasBias(convolution.bias())
              .activation(convolution.activation())
              .build(),
          last);
      shrink(window);
      channels = convolution.channels();
      last = name;
    }

    private void append(String name, Norm norm) {
      if (fewestValues < FEWEST_NORMALISED) {
        return;
      }
      BatchNormalization.Builder layer =
          new BatchNormalization.Builder()
              .useLogStd(norm.useLogStd())
              .decay(norm.decay())
              .eps(norm.epsilon());
      if (norm.locked()) {
        layer.lockGammaBeta(true).gamma(1.3).beta(0.2);
      }
      builder.addLayer(name, layer.build(), last);
      normalised = true;
      last = name;
    }

    private void append(String name, Pool pool) {
      Window window = pool.window().fitted(height, width);
      int padding = window.effectivePadding();
      builder.addLayer(
          name,
          new SubsamplingLayer.Builder(pool.type())
              .kernelSize(window.height(), window.width())
              .stride(window.stride(), window.stride())
              .padding(padding, padding)
              .convolutionMode(window.mode())
              .build(),
          last);
      shrink(window);
      last = name;
    }

    private void shrink(Window window) {
      height = window.outputSize(height, window.height());
      width = window.outputSize(width, window.width());
      fewestValues = Math.min(fewestValues, batch * height * width);
    }

    void append(Head head) {
      switch (head) {
        case FLAT -> {}
        case DENSE -> {
          DenseLayer dense = new DenseLayer.Builder().nOut(9).activation(Activation.TANH).build();
          builder.addLayer("head", dense, last);
          last = "head";
        }
        case GLOBAL_AVG -> append(PoolingType.AVG);
        case GLOBAL_MAX -> append(PoolingType.MAX);
        case GLOBAL_SUM -> append(PoolingType.SUM);
      }
    }

    private void append(PoolingType type) {
      if (normalised) {
        builder.addLayer("bend", new ActivationLayer(Activation.TANH), last);
        last = "bend";
      }
      builder.addLayer("head", new GlobalPoolingLayer.Builder(type).build(), last);
      last = "head";
    }
  }
}

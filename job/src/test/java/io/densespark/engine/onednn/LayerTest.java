package io.densespark.engine.onednn;

import io.densespark.engine.onednn.Nets.Chain;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.activations.impl.ActivationLReLU;

/**
 * Every layer and setting inside a small net with a convolution before and behind it, so that its
 * gradient arrives and leaves; agreement of every parameter's gradient with DL4J in double.
 */
class LayerTest {
  private static final double TOLERANCE = 1e-4;

  static Stream<Arguments> layers() {
    return Stream.of(
            convolutions(), activations(), norms(), pools(), globalPools(), graphs(), denses())
        .flatMap(s -> s);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layers")
  void agreesWithDl4jInDouble(String title, int images, int[] input, UnaryOperator<Chain> middle) {
    Chain net = new Chain(input[0], input[1], input[2]);
    middle.apply(net.conv(17, 3, 1, 1));
    net.conv(6, 1, 1, 0);
    new Comparison(net.poolAndClassify(), images, input[0], input[1], input[2])
        .assertAgrees(title, TOLERANCE);
  }

  private static Arguments test(String title, UnaryOperator<Chain> middle) {
    return Arguments.of(title, 3, new int[] {3, 9, 7}, middle);
  }

  private static Stream<Arguments> convolutions() {
    return Stream.of(
        test("1x1", c -> c.conv(20, 1, 1, 0)),
        test("3x3 stride 2", c -> c.conv(33, 3, 2, 1)),
        test("5x5 unpadded", c -> c.conv(8, 5, 1, 0)),
        test("3x2 kernel", c -> c.then(conv(3, 2).nOut(5).build())),
        test("stride 1x2", c -> c.then(conv(3, 3).nOut(5).stride(1, 2).build())),
        test("stride 3 truncating", c -> c.then(conv(2, 2).nOut(5).stride(3, 3).build())),
        test("dilation 2", c -> c.then(conv(3, 3).nOut(5).dilation(2, 2).build())),
        test("dilation 2x1", c -> c.then(conv(3, 3).nOut(5).dilation(2, 1).padding(1, 1).build())),
        test("padding 2x0", c -> c.then(conv(3, 3).nOut(5).padding(2, 0).build())),
        test("with bias", c -> c.then(conv(3, 3).nOut(18).hasBias(true).build())),
        test(
            "strict",
            c -> c.then(conv(3, 3).nOut(4).convolutionMode(ConvolutionMode.Strict).build())),
        test("same 3x3", c -> c.then(same(3, 1, 1))),
        test("same 4x4", c -> c.then(same(4, 1, 1))),
        test("same 2x2 stride 2", c -> c.then(same(2, 2, 1))),
        test("same 3x3 stride 2", c -> c.then(same(3, 2, 1))),
        test("same 1x1 stride 2", c -> c.then(same(1, 2, 1))),
        test("same 3x3 dilation 2", c -> c.then(same(3, 1, 2))),
        test(
            "with bias and tanh",
            c -> c.then(conv(3, 3).nOut(18).hasBias(true).activation(Activation.TANH).build())),
        test("120 channels", c -> c.conv(120, 1, 1, 0)),
        test("120 to 152 channels", c -> c.conv(120, 3, 1, 1).conv(152, 1, 1, 0)),
        Arguments.of("1 channel, 1 image", 1, new int[] {1, 6, 6}, same()),
        Arguments.of("17 channels in", 2, new int[] {17, 5, 5}, same()),
        Arguments.of("4 channels in", 2, new int[] {4, 5, 5}, same()),
        Arguments.of("13 images of 1x1", 13, new int[] {3, 1, 1}, same()));
  }

  private static UnaryOperator<Chain> same() {
    return c -> c.conv(9, 3, 1, 1);
  }

  private static ConvolutionLayer.Builder conv(int height, int width) {
    return new ConvolutionLayer.Builder(height, width)
        .hasBias(false)
        .activation(Activation.IDENTITY);
  }

  private static ConvolutionLayer same(int kernel, int stride, int dilation) {
    return conv(kernel, kernel)
        .nOut(7)
        .stride(stride, stride)
        .dilation(dilation, dilation)
        .convolutionMode(ConvolutionMode.Same)
        .build();
  }

  private static Stream<Arguments> activations() {
    return Stream.of(
            Activation.RELU.getActivationFunction(),
            Activation.RELU6.getActivationFunction(),
            Activation.SIGMOID.getActivationFunction(),
            Activation.TANH.getActivationFunction(),
            Activation.SOFTPLUS.getActivationFunction(),
            Activation.SWISH.getActivationFunction(),
            new ActivationLReLU(0.2),
            new ActivationELU(1.0),
            new ActivationGELU(false))
        .map(f -> test("activation " + f, c -> c.then(activation(f))));
  }

  private static ActivationLayer activation(IActivation function) {
    return new ActivationLayer.Builder().activation(function).build();
  }

  private static Stream<Arguments> norms() {
    return Stream.of(
        test("norm", c -> c.then(norm().build())),
        test("norm of variance", c -> c.then(norm().useLogStd(false).build())),
        test("norm, decay and epsilon", c -> c.then(norm().decay(0.7).eps(1e-3).build())),
        test("norm locked", c -> c.then(norm().lockGammaBeta(true).build())),
        test(
            "norm locked at 1.5 and 0.25",
            c -> c.then(norm().lockGammaBeta(true).gamma(1.5).beta(0.25).build())),
        test("norm then tanh", c -> c.normed(Activation.TANH)),
        test("norm twice over one input", LayerTest::twoNormsOverOneInput),
        Arguments.of(
            "norm first of all",
            3,
            new int[] {4, 5, 5},
            (UnaryOperator<Chain>) c -> c.then(norm().build())));
  }

  private static BatchNormalization.Builder norm() {
    return new BatchNormalization.Builder();
  }

  private static Chain twoNormsOverOneInput(Chain c) {
    String input = c.last;
    c.normed(Activation.TANH);
    String left = c.last;
    c.last = input;
    c.normed(Activation.SIGMOID);
    return c.merge(left, c.last);
  }

  private static Stream<Arguments> pools() {
    return Stream.of(
        test("max 2x2", c -> c.then(pool(SubsamplingLayer.PoolingType.MAX, 2, 2, 0).build())),
        test(
            "max 3x3 padded", c -> c.then(pool(SubsamplingLayer.PoolingType.MAX, 3, 2, 1).build())),
        test(
            "max dilated",
            c -> c.then(pool(SubsamplingLayer.PoolingType.MAX, 2, 1, 0).dilation(2, 2).build())),
        test("average 2x2", c -> c.then(pool(SubsamplingLayer.PoolingType.AVG, 2, 2, 0).build())),
        test(
            "average 3x3 padded",
            c -> c.then(pool(SubsamplingLayer.PoolingType.AVG, 3, 2, 1).build())),
        test(
            "average counting padding",
            c ->
                c.then(
                    pool(SubsamplingLayer.PoolingType.AVG, 3, 2, 1)
                        .avgPoolIncludePadInDivisor(true)
                        .build())),
        test(
            "average same",
            c ->
                c.then(
                    pool(SubsamplingLayer.PoolingType.AVG, 2, 2, 0)
                        .convolutionMode(ConvolutionMode.Same)
                        .build())),
        test(
            "max same",
            c ->
                c.then(
                    pool(SubsamplingLayer.PoolingType.MAX, 3, 2, 0)
                        .convolutionMode(ConvolutionMode.Same)
                        .build())),
        test(
            "average behind 1x1 with bias",
            c ->
                c.then(conv(1, 1).nOut(12).hasBias(true).build())
                    .then(pool(SubsamplingLayer.PoolingType.AVG, 2, 2, 0).build())));
  }

  private static SubsamplingLayer.Builder pool(
      SubsamplingLayer.PoolingType type, int kernel, int stride, int pad) {
    return new SubsamplingLayer.Builder(type)
        .kernelSize(kernel, kernel)
        .stride(stride, stride)
        .padding(pad, pad);
  }

  private static Stream<Arguments> globalPools() {
    return Stream.of(PoolingType.AVG, PoolingType.MAX, PoolingType.SUM)
        .map(type -> test("global " + type, c -> globalPool(c, type)));
  }

  private static Chain globalPool(Chain c, PoolingType type) {
    return c.then(new GlobalPoolingLayer.Builder(type).collapseDimensions(false).build());
  }

  private static Stream<Arguments> graphs() {
    return Stream.of(
        test("residual", c -> branch(c, true)),
        test("merge of unaligned parts", c -> branch(c, false)),
        test("merge inside and outside of a block", LayerTest::crossedMerges),
        test("flat merges", LayerTest::flatMerges),
        test("residual over a merge", LayerTest::residualOverMerge),
        test("merge of one value twice", c -> c.merge(c.last, c.last)));
  }

  private static Chain branch(Chain c, boolean add) {
    String input = c.last;
    c.conv(17, 3, 1, 1).then(activation(Activation.TANH.getActivationFunction()));
    if (add) {
      return add(c, input, c.last);
    }
    return c.merge(input, c.last);
  }

  private static Chain add(Chain c, String left, String right) {
    c.graph.addVertex("add", new ElementWiseVertex(ElementWiseVertex.Op.Add), left, right);
    c.last = "add";
    return c;
  }

  private static Chain crossedMerges(Chain c) {
    String x = c.last;
    c.conv(5, 3, 1, 1);
    String y = c.last;
    c.merge(x, y);
    String xy = c.last;
    c.conv(6, 1, 1, 0);
    String z = c.last;
    return c.merge(y, x, z, xy);
  }

  private static Chain flatMerges(Chain c) {
    String x = c.last;
    c.conv(5, 3, 1, 1);
    String y = c.last;
    c.merge(x, y).normed(Activation.TANH).conv(4, 3, 1, 1);
    String z = c.last;
    c.merge(x, y, z).normed(Activation.TANH).conv(4, 3, 1, 1);
    return c.merge(x, y, z, c.last);
  }

  private static Chain residualOverMerge(Chain c) {
    String x = c.last;
    c.conv(5, 3, 1, 1);
    c.merge(x, c.last);
    String xy = c.last;
    c.conv(22, 3, 1, 1);
    return add(c, xy, c.last);
  }

  private static Stream<Arguments> denses() {
    return Stream.of(
        Arguments.of("flatten of 7x9", 3, new int[] {1, 7, 9}, (UnaryOperator<Chain>) c -> c));
  }

  @org.junit.jupiter.api.Test
  void denseLayersAgree() {
    Chain net = new Chain(1, 6, 5);
    net.conv(5, 3, 1, 1).then(activation(Activation.TANH.getActivationFunction()));
    net.then(new DenseLayer.Builder().nOut(11).activation(Activation.TANH).build());
    net.then(norm().build());
    String left = net.last;
    net.then(
        new DenseLayer.Builder().nOut(6).hasBias(false).activation(Activation.SIGMOID).build());
    net.merge(left, net.last);
    new Comparison(net.classify(), 5, 1, 6, 5).assertAgrees("dense layers", TOLERANCE);
  }
}

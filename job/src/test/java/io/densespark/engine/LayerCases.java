package io.densespark.engine;

import static io.densespark.engine.ContractGraphs.around;
import static io.densespark.engine.ContractGraphs.convolution;
import static io.densespark.engine.ContractGraphs.pool;

import io.densespark.engine.GraphCase.Images;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.nd4j.linalg.activations.Activation;

/** One layer after the other in the settings and sizes where engines go wrong. */
final class LayerCases {

  private static final Images SMALL = new Images(2, 3, 7, 5);
  private static final Images SINGLE_PIXEL = new Images(13, 17, 1, 1);
  private static final Images WIDE = new Images(2, 120, 3, 3);
  private static final Images ONE_CHANNEL = new Images(13, 1, 7, 5);
  private static final Images ONE_EXAMPLE = new Images(1, 17, 3, 3);
  private static final Images EVEN = new Images(2, 3, 6, 4);
  private static final List<Images> EVERY_SIZE =
      List.of(SMALL, SINGLE_PIXEL, WIDE, ONE_CHANNEL, ONE_EXAMPLE, EVEN);

  private LayerCases() {}

  static List<GraphCase> all() {
    List<GraphCase> cases = new ArrayList<>();
    convolutions(cases);
    paddings(cases);
    normalisations(cases);
    activations(cases);
    poolings(cases);
    cases.add(ContractGraphs.merge(SMALL));
    cases.add(ContractGraphs.merge(new Images(13, 1, 1, 1)));
    cases.add(ContractGraphs.add(SMALL));
    cases.add(ContractGraphs.add(ONE_EXAMPLE));
    for (Images images : EVERY_SIZE) {
      DenseLayer dense = new DenseLayer.Builder().nOut(17).activation(Activation.TANH).build();
      cases.add(around("dense", images, dense));
    }
    DenseLayer bare = new DenseLayer.Builder().nOut(7).hasBias(false).build();
    cases.add(around("dense without bias", SMALL, bare));
    return cases;
  }

  private static void convolutions(List<GraphCase> cases) {
    for (Images images : EVERY_SIZE) {
      for (int channels : new int[] {1, 17, 120}) {
        add(cases, "convolution 3x3 to " + channels, images, sameSize(channels, 3).build());
      }
      add(cases, "convolution 1x1 to 3", images, sameSize(3, 1).build());
      add(cases, "convolution 5x5 to 3", images, sameSize(3, 5).hasBias(false).build());
    }
    for (Activation activation : List.of(Activation.RELU, Activation.TANH, Activation.GELU)) {
      add(cases, "convolution and " + activation, SMALL, sameSize(4, 3).activation(activation));
    }
  }

  private static void paddings(List<GraphCase> cases) {
    for (Images images : List.of(SMALL, EVEN, ONE_CHANNEL)) {
      add(cases, "Same 3x3 stride 2", images, sameSize(4, 3).stride(2, 2));
      add(cases, "Same 2x2", images, sameSize(4, 2));
      add(cases, "Same 4x4 stride 3", images, sameSize(4, 4).stride(3, 3));
      add(cases, "Same 5x1 stride 2x1", images, sameSize(4, 5, 1).stride(2, 1));
      add(cases, "Same 3x3 dilation 2", images, sameSize(4, 3).dilation(2, 2));
      add(cases, "Same 1x1 stride 2", images, sameSize(4, 1).stride(2, 2));
      add(cases, "Truncate 3x3 stride 2", images, truncate(4, 3).stride(2, 2));
      add(cases, "Truncate 3x3 pad 1 stride 2", images, truncate(4, 3).stride(2, 2).padding(1, 1));
      add(cases, "Truncate 1x3 pad 0x1", images, truncate(4, 1, 3).padding(0, 1));
      add(cases, "Truncate 2x2 pad 1", images, truncate(4, 2).padding(1, 1));
      add(
          cases,
          "Truncate 3x3 dilation 2 pad 2",
          images,
          truncate(4, 3).dilation(2, 2).padding(2, 2));
      add(cases, "Truncate 2x2 dilation 2x1", images, truncate(4, 2).dilation(2, 1));
      ConvolutionLayer.Builder strict = convolution(4, 3).convolutionMode(ConvolutionMode.Strict);
      add(cases, "Strict 3x3 pad 1", images, strict.padding(1, 1));
    }
    ConvolutionLayer.Builder strided = convolution(4, 3).convolutionMode(ConvolutionMode.Strict);
    add(cases, "Strict 3x3 stride 2", SMALL, strided.stride(2, 2));
  }

  private static void normalisations(List<GraphCase> cases) {
    for (Images images : List.of(SMALL, WIDE, ONE_CHANNEL, SINGLE_PIXEL, ONE_EXAMPLE)) {
      add(cases, "batch norm", images, norm().build());
      add(cases, "batch norm by log10 of the deviation", images, norm().useLogStd(true).build());
    }
    add(cases, "batch norm, decay 0.5, eps 1e-2", SMALL, norm().decay(0.5).eps(1e-2).build());
    add(cases, "batch norm, locked at 1 and 0", SMALL, norm().lockGammaBeta(true).build());
    BatchNormalization.Builder locked = norm().lockGammaBeta(true).gamma(1.3).beta(0.2);
    add(cases, "batch norm, locked at 1.3 and 0.2", SMALL, locked.build());
    for (Activation activation : List.of(Activation.RELU, Activation.LEAKYRELU)) {
      ActivationLayer active = new ActivationLayer(activation);
      cases.add(around("batch norm, then " + activation, SMALL, norm().build(), active));
      cases.add(around("batch norm, then " + activation, WIDE, norm().build(), active));
    }
    BatchNormalization deaf = norm().build();
    deaf.setActivationFn(Activation.RELU.getActivationFunction());
    add(cases, "batch norm that DL4J does not rectify", SMALL, deaf);
    DenseLayer dense = new DenseLayer.Builder().nOut(17).build();
    cases.add(around("batch norm of a dense layer", ONE_CHANNEL, dense, norm().build()));
  }

  private static void activations(List<GraphCase> cases) {
    for (Activation activation :
        List.of(
            Activation.IDENTITY,
            Activation.RELU,
            Activation.LEAKYRELU,
            Activation.SIGMOID,
            Activation.TANH,
            Activation.GELU)) {
      add(cases, "activation " + activation, SMALL, new ActivationLayer(activation));
      add(cases, "activation " + activation, SINGLE_PIXEL, new ActivationLayer(activation));
    }
  }

  private static void poolings(List<GraphCase> cases) {
    for (PoolingType type : List.of(PoolingType.MAX, PoolingType.AVG)) {
      for (Images images : List.of(SMALL, EVEN, ONE_CHANNEL)) {
        add(cases, type + " pool 2x2", images, pool(type, 2).build());
        add(cases, type + " pool 3x3 stride 2", images, pool(type, 3).stride(2, 2).build());
        add(cases, type + " pool 3x3 stride 1", images, pool(type, 3).stride(1, 1).build());
        add(
            cases,
            type + " pool 3x3 pad 1",
            images,
            pool(type, 3).stride(2, 2).padding(1, 1).build());
        for (int side : new int[] {2, 3}) {
          add(
              cases,
              type + " pool Same " + side + " stride 2",
              images,
              pool(type, side).stride(2, 2).convolutionMode(ConvolutionMode.Same).build());
        }
      }
      add(cases, type + " pool 1x2", SMALL, pool(type, 2).kernelSize(1, 2).stride(1, 1).build());
    }
    add(
        cases,
        "AVG pool 3x3 that counts its padding",
        SMALL,
        pool(PoolingType.AVG, 3).padding(1, 1).avgPoolIncludePadInDivisor(true).build());
    for (PoolingType type : List.of(PoolingType.AVG, PoolingType.MAX, PoolingType.SUM)) {
      for (Images images : EVERY_SIZE) {
        add(cases, "global " + type, images, new GlobalPoolingLayer.Builder(type).build());
      }
    }
  }

  private static BatchNormalization.Builder norm() {
    return new BatchNormalization.Builder().useLogStd(false);
  }

  private static ConvolutionLayer.Builder sameSize(int channels, int... kernel) {
    return convolution(channels, kernel).convolutionMode(ConvolutionMode.Same);
  }

  private static ConvolutionLayer.Builder truncate(int channels, int... kernel) {
    return convolution(channels, kernel).convolutionMode(ConvolutionMode.Truncate);
  }

  private static void add(
      List<GraphCase> cases, String name, Images images, ConvolutionLayer.Builder layer) {
    add(cases, name, images, layer.build());
  }

  private static void add(List<GraphCase> cases, String name, Images images, Layer layer) {
    cases.add(around(name, images, layer));
  }
}

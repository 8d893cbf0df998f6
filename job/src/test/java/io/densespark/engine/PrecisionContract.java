package io.densespark.engine;

import static io.densespark.engine.ContractGraphs.around;

import io.densespark.engine.GraphCase.Images;
import io.densespark.engine.PlanConfig.Purpose;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** What engines must do that round the inputs of convolutions, or all images. */
public abstract class PrecisionContract implements EngineUnderTest {

  /** A net around a layer rounds about a dozen times forward and as often backward. */
  private static final int ROUNDINGS = 24;

  private final Engine engine;
  private final EngineConfig config;
  private final double rounding;

  /**
   * @param rounding how much of itself a rounded value is off at most
   */
  protected PrecisionContract(Engine engine, EngineConfig config, double rounding) {
    this.engine = engine;
    this.config = config;
    this.rounding = rounding;
  }

  @Override
  public final Engine engine() {
    return engine;
  }

  @Override
  public final Plan compile(GraphCase graphCase, Purpose purpose) {
    return compile(graphCase, purpose, config);
  }

  private Plan compile(GraphCase graphCase, Purpose purpose, EngineConfig with) {
    PlanConfig plan = graphCase.planConfig(purpose);
    return engine.compile(
        graphCase.graph(),
        new PlanConfig(
                plan.batchSize(),
                plan.threads(),
                purpose,
                plan.channels(),
                plan.height(),
                plan.width(),
                with)
            .onFirstDevice());
  }

  /** Few and many channels and pixels, strides, dilations and padding on one side. */
  static List<GraphCase> convolutions() {
    Images small = new Images(2, 3, 7, 5);
    Images wide = new Images(3, 70, 6, 9);
    return List.of(
        around("3x3 to 17", small, same(17, 3).build()),
        around("1x1 to 40", wide, same(40, 1).build()),
        around("3x3 to 70", wide, same(70, 3).build()),
        around("5x5 stride 2 to 33", small, same(33, 5).stride(2, 2).build()),
        around("3x3 dilation 2 to 9", wide, same(9, 3).dilation(2, 2).build()),
        around("2x2 stride 3 to 9", wide, same(9, 2).stride(3, 3).build()));
  }

  private static ConvolutionLayer.Builder same(int channels, int kernel) {
    return new ConvolutionLayer.Builder(kernel, kernel)
        .nOut(channels)
        .convolutionMode(ConvolutionMode.Same);
  }

  static Stream<GraphCase> nets() {
    Images odd = new Images(2, 3, 7, 5);
    Images even = new Images(4, 6, 8, 6);
    return Stream.concat(
        convolutions().stream(),
        Stream.of(
            ContractGraphs.merge(odd),
            ContractGraphs.add(even),
            around("activation, norm and mean of odd images", odd, pointwise()),
            around("activation, norm and mean of even images", even, pointwise()),
            ContractGraphs.denseNet(Activation.TANH, new Sgd(0.1))));
  }

  private static Layer[] pointwise() {
    return new Layer[] {
      new ActivationLayer(Activation.TANH),
      new BatchNormalization.Builder().build(),
      ContractGraphs.pool(PoolingType.AVG, 2).build()
    };
  }

  @ParameterizedTest
  @MethodSource("nets")
  void agreesWithDl4jInDoubleUpToRounding(GraphCase graphCase) {
    Agreement.holds(
        config.precision() + " against DL4J in double",
        graphCase,
        answer(graphCase),
        Dl4jOracle.answer(graphCase, DataType.DOUBLE),
        ROUNDINGS * rounding);
  }

  /**
   * Multiples of a power of two, so few that their sums have 8 bits and are exact in every order.
   */
  @ParameterizedTest
  @MethodSource("convolutions")
  void whatNeedsNoRoundingIsExact(GraphCase graphCase) {
    INDArray parameters = signs(16, graphCase.parameters().shape()).muli(1 / 32f);
    INDArray features = signs(1, graphCase.images().shape());
    Agreement.sameBits(
        infer(graphCase, config, parameters, features),
        infer(
            graphCase,
            new EngineConfig(config.choice(), EngineConfig.Precision.FP32),
            parameters,
            features));
  }

  private INDArray infer(
      GraphCase graphCase, EngineConfig with, INDArray parameters, INDArray features) {
    INDArray probabilities = EngineUnderTest.poisoned(graphCase.labels().shape());
    try (Plan plan = compile(graphCase, Purpose.INFERENCE, with)) {
      plan.infer(parameters, features, probabilities);
    }
    return probabilities;
  }

  /** -1, 1 and, for each of them, so many zeros. */
  private static INDArray signs(int zeros, long... shape) {
    Random random = new Random(11);
    INDArray values = Nd4j.zeros(DataType.FLOAT, shape);
    for (long i = 0; i < values.length(); i++) {
      int drawn = random.nextInt(2 + 2 * zeros);
      values.putScalar(i, drawn < 2 ? 2 * drawn - 1 : 0);
    }
    return values;
  }

  @Test
  void repeatsItselfBitForBit() {
    GraphCase graphCase = convolutions().get(2);
    Agreement.sameBits(answer(graphCase), answer(graphCase));
  }
}

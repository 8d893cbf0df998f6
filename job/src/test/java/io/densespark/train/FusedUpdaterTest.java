package io.densespark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.densespark.engine.EngineConfig;
import io.densespark.engine.Engines;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** Oracle: DL4J's own updater on a copy of the graph. */
class FusedUpdaterTest {

  private static final int STEPS = 25;
  private static final int EXAMPLES = 12;

  /** More values in a layer than one tile, and batch norm between, as in the nets trained here. */
  static ComputationGraphConfiguration configuration(
      UnaryOperator<NeuralNetConfiguration.Builder> settings) {
    return settings
        .apply(new NeuralNetConfiguration.Builder().seed(3))
        .graphBuilder()
        .addInputs("images")
        .setInputTypes(InputType.convolutional(6, 6, 3))
        .addLayer("a", new ConvolutionLayer.Builder(3, 3).nOut(100).build(), "images")
        .addLayer("a-norm", new BatchNormalization(), "a")
        .addLayer("b", new ConvolutionLayer.Builder(1, 1).nOut(30).hasBias(false).build(), "a-norm")
        .addLayer("b-norm", new BatchNormalization(), "b")
        .addLayer(
            "out",
            new OutputLayer.Builder(LossFunctions.LossFunction.MCXENT)
                .nOut(4)
                .activation(Activation.SOFTMAX)
                .build(),
            "b-norm")
        .setOutputs("out")
        .build();
  }

  static ComputationGraph graph(ComputationGraphConfiguration configuration) {
    ComputationGraph graph =
        new ComputationGraph(ComputationGraphConfiguration.fromJson(configuration.toJson()));
    graph.init();
    graph.getUpdater();
    return graph;
  }

  static Stream<IUpdater> updaters() {
    var falling = new ExponentialSchedule(ScheduleType.ITERATION, 0.3, 0.9);
    return Stream.of(
        new Sgd(0.1),
        new Sgd(falling),
        new Nesterovs(0.1, 0.9),
        new Nesterovs(falling, new ExponentialSchedule(ScheduleType.ITERATION, 0.9, 0.99)),
        new Adam(1e-2),
        new Adam(falling),
        new NoOp());
  }

  @ParameterizedTest
  @MethodSource("updaters")
  void updatesAsDl4jDoes(IUpdater updater) {
    assertSameAsDl4j(configuration(net -> net.updater(updater)));
  }

  @ParameterizedTest
  @MethodSource("updaters")
  void regularisesAsDl4jDoes(IUpdater updater) {
    assertSameAsDl4j(configuration(net -> net.updater(updater).l2(0.05)));
  }

  /** v = m v + g, p -= rate (g + m v): the velocity knows nothing of rates. */
  @Test
  void correctedMomentumIsPytorchsWhateverTheRateDoes() {
    Map<Integer, Double> rates = Map.of(0, 0.02, 4, 0.2, 9, 0.01, 15, 0.05);
    ComputationGraph graph =
        graph(
            configuration(
                net ->
                    net.updater(
                        new Nesterovs(new MapSchedule(ScheduleType.ITERATION, rates), 0.9))));
    FusedUpdater fused = FusedUpdater.of(graph, true).orElseThrow();
    double[] expected = graph.params().toDoubleVector();
    double[] velocity = new double[expected.length];
    List<ParameterRange> trained =
        ParameterRange.of(graph).stream().filter(range -> !range.statistics()).toList();
    Random random = new Random(5);
    double rate = 0;
    for (int step = 0; step < STEPS; step++) {
      rate = rates.getOrDefault(step, rate);
      float[] gradient = gaussians(random, expected.length);
      FlatVectors.assign(graph.getFlattenedGradients(), gradient);
      fused.apply(step, 0, EXAMPLES);
      for (ParameterRange range : trained) {
        for (int i = range.start(); i < range.end(); i++) {
          double g = (double) gradient[i] / EXAMPLES;
          velocity[i] = 0.9 * velocity[i] + g;
          expected[i] -= rate * (g + 0.9 * velocity[i]);
        }
      }
    }
    float[] parameters = FlatVectors.toArray(graph.params());
    for (ParameterRange range : trained) {
      for (int i = range.start(); i < range.end(); i++) {
        assertThat((double) parameters[i]).isCloseTo(expected[i], within(3e-6));
      }
    }
  }

  static float[] gaussians(Random random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  @Test
  void sumsOfGradientsStaySumsWhereTheGraphSaysSo() {
    assertSameAsDl4j(configuration(net -> net.updater(new Nesterovs(0.01, 0.9)).miniBatch(false)));
  }

  @Test
  void layersMayHaveUpdatersOfTheirOwn() {
    assertSameAsDl4j(
        configuration(net -> net.updater(new Adam(1e-2)).biasUpdater(new Sgd(0.5)).l2(1e-3)));
  }

  private static void assertSameAsDl4j(ComputationGraphConfiguration configuration) {
    ComputationGraph ours = graph(configuration);
    ComputationGraph theirs = graph(configuration);
    FusedUpdater fused = FusedUpdater.of(ours, false).orElseThrow();
    Random random = new Random(5);
    float[] before = FlatVectors.toArray(ours.params());
    for (int step = 0; step < STEPS; step++) {
      float[] gradient = gaussians(random, before.length);
      FlatVectors.assign(ours.getFlattenedGradients(), gradient);
      fused.apply(step, 0, EXAMPLES);

      FlatVectors.assign(theirs.getFlattenedGradients(), gradient);
      theirs
          .getUpdater()
          .update(
              new DefaultGradient(theirs.getFlattenedGradients()),
              step,
              0,
              EXAMPLES,
              LayerWorkspaceMgr.noWorkspacesImmutable());
      theirs.params().subi(theirs.getFlattenedGradients());
    }
    float[] parameters = FlatVectors.toArray(ours.params());
    assertThat(parameters).isNotEqualTo(before);
    assertClose(parameters, FlatVectors.toArray(theirs.params()));
    assertClose(
        FlatVectors.toArray(ours.getUpdater().getStateViewArray()),
        FlatVectors.toArray(theirs.getUpdater().getStateViewArray()));
  }

  /** Rounding, no more: DL4J's native library fuses a multiply and an add here and there. */
  private static void assertClose(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as("value %d", i).isCloseTo(expected[i], within(2e-6f));
    }
  }

  static Stream<UnaryOperator<NeuralNetConfiguration.Builder>> settingsOfDl4jAlone() {
    return Stream.of(
        net -> net.updater(new RmsProp(1e-2)),
        net -> net.updater(new Sgd(0.1)).l1(1e-3),
        net -> net.updater(new Sgd(0.1)).weightDecay(1e-3),
        net -> net.updater(new Sgd(0.1)).constrainWeights(new MaxNormConstraint(0.1, 1)),
        net ->
            net.updater(new Sgd(0.1))
                .gradientNormalization(GradientNormalization.ClipL2PerLayer)
                .gradientNormalizationThreshold(0.01));
  }

  @ParameterizedTest
  @MethodSource("settingsOfDl4jAlone")
  void whatOnlyDl4jDoesIsLeftToDl4j(UnaryOperator<NeuralNetConfiguration.Builder> settings) {
    ComputationGraphConfiguration configuration = configuration(settings);
    ComputationGraph ours = graph(configuration);
    ComputationGraph theirs = graph(configuration);
    INDArray images = Nd4j.rand(DataType.FLOAT, 8, 3, 6, 6);
    INDArray labels = Nd4j.zeros(DataType.FLOAT, 8, 4);
    for (int i = 0; i < 8; i++) {
      labels.putScalar(i, i % 4, 1);
    }

    assertThat(FusedUpdater.of(ours, false)).isEmpty();
    try (Replica replica = new Replica(ours, dl4jPlan(ours))) {
      replica.gradient(images, labels, 0);
      replica.apply(8);
      theirs.fit(new DataSet(images, labels));
      assertClose(FlatVectors.toArray(ours.params()), FlatVectors.toArray(theirs.params()));
    }
  }

  private static Plan dl4jPlan(ComputationGraph graph) {
    EngineConfig engine = new EngineConfig(EngineConfig.Choice.ND4J, EngineConfig.Precision.FP32);
    return Engines.compile(
        graph.getConfiguration(),
        new PlanConfig(8, 1, PlanConfig.Purpose.TRAINING, 3, 6, 6, engine));
  }
}

package io.densespark.engine;

import io.densespark.engine.PlanConfig.Purpose;
import io.densespark.engine.graph.Graph;
import io.densespark.engine.graph.GraphReader;
import io.densespark.engine.graph.Shape;
import io.densespark.engine.onednn.OneDnnEngine;
import io.densespark.engine.plan.ConvolutionChoice;
import io.densespark.engine.plan.ConvolutionChoice.Algorithm;
import io.densespark.engine.plan.ConvolutionChoice.Direction;
import io.densespark.engine.plan.ConvolutionChoice.Layout;
import io.densespark.engine.plan.ConvolutionChooser;
import io.densespark.engine.plan.Element;
import io.densespark.engine.plan.Lowering;
import io.densespark.engine.plan.Passes;
import io.densespark.engine.plan.PlanOptions;
import io.densespark.engine.plan.Program;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Lowered programs, interpreted in double precision, against DL4J in double: nothing is left to
 * rounding, so ReLUs and maxima are held to the same tolerance as all else.
 */
class LoweringContractTest {

  private static final double TOLERANCE = 1e-6;

  /** Copies for every convolution, as where the library has no kernel for blocked layouts. */
  private static final ConvolutionChooser PLAIN =
      (op, direction, src, dst) -> new ConvolutionChoice(Algorithm.DIRECT, Layout.PLAIN);

  private static final ConvolutionChooser CHANNELS_LAST =
      (op, direction, src, dst) -> ConvolutionChoice.CHANNELS_LAST;

  private static final ConvolutionChooser ROWS =
      (op, direction, src, dst) ->
          direction != Direction.FORWARD && ConvolutionChoice.fitsRows(op.window(), src)
              ? ConvolutionChoice.ROWS
              : ConvolutionChoice.CHANNELS_LAST;

  /** Every direction another one, so that no copy made for one serves the next. */
  private static final ConvolutionChooser BY_TURNS =
      (op, direction, src, dst) ->
          switch (direction) {
            case FORWARD -> ConvolutionChoice.CHANNELS_LAST;
            case BACKWARD_DATA -> ConvolutionChoice.IN_PLACE;
            case BACKWARD_WEIGHTS -> new ConvolutionChoice(Algorithm.DIRECT, Layout.PLAIN);
          };

  static Stream<GraphCase> cases() {
    return Stream.of(LayerCases.all(), ContractGraphs.smoothNets(), ContractGraphs.rectifiedNets())
        .flatMap(List::stream);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void programMeansWhatDl4jComputes(GraphCase graphCase) {
    Dl4jOracle.Answer expected = Dl4jOracle.answer(graphCase, DataType.DOUBLE);
    Dl4jOracle.Answer actual =
        answer(graphCase, 16, PlanOptions.all(), ConvolutionChooser.IN_PLACE);
    Agreement.holds("lowered", graphCase, actual, expected, TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void neitherOptionsNorLayoutsChangeTheMeaning(GraphCase graphCase) {
    Dl4jOracle.Answer none = answer(graphCase, 1, PlanOptions.none(), ConvolutionChooser.IN_PLACE);
    for (ConvolutionChooser chooser : List.of(PLAIN, CHANNELS_LAST, ROWS, BY_TURNS)) {
      Dl4jOracle.Answer all = answer(graphCase, 8, PlanOptions.all(), chooser);
      Agreement.holds("other options", graphCase, all, none, TOLERANCE);
    }
  }

  @ParameterizedTest
  @MethodSource("io.densespark.engine.ContractGraphs#smoothNets")
  void oneDnnComputesWhatTheProgramMeans(GraphCase graphCase) {
    EngineUnderTest oneDnn = OneDnnEngine::new;
    Dl4jOracle.Answer meant = answer(graphCase, 16, PlanOptions.all(), ConvolutionChooser.IN_PLACE);
    Agreement.holds("oneDNN", graphCase, oneDnn.answer(graphCase), meant, 2e-4);
  }

  @Property(
      tries = 60,
      seed = "2342",
      edgeCases = EdgeCasesMode.NONE,
      shrinking = ShrinkingMode.BOUNDED)
  void programOfAnyGraphMeansWhatDl4jComputes(
      @ForAll(supplier = RandomGraphs.class) GraphCase graphCase) {
    programMeansWhatDl4jComputes(graphCase);
  }

  private static Dl4jOracle.Answer answer(
      GraphCase graphCase, int block, PlanOptions options, ConvolutionChooser chooser) {
    ProgramInterpreter.Result trained = run(graphCase, Purpose.TRAINING, block, options, chooser);
    ProgramInterpreter.Result inferred = run(graphCase, Purpose.INFERENCE, block, options, chooser);
    return new Dl4jOracle.Answer(
        trained.loss(),
        row(trained.gradient()),
        row(inferred.output()).reshape(graphCase.labels().shape()));
  }

  private static ProgramInterpreter.Result run(
      GraphCase graphCase,
      Purpose purpose,
      int block,
      PlanOptions options,
      ConvolutionChooser chooser) {
    GraphCase.Images images = graphCase.images();
    Graph graph =
        GraphReader.read(
            graphCase.graph(), new Shape.Image(images.channels(), images.height(), images.width()));
    Program program =
        Lowering.lower(
            Passes.apply(graph, purpose, options),
            images.batch(),
            block,
            Element.FLOAT32,
            purpose,
            options,
            chooser);
    return ProgramInterpreter.run(
        program,
        doubles(graphCase.parameters()),
        doubles(graphCase.features()),
        doubles(graphCase.labels()),
        EngineUnderTest.NO_NOISE);
  }

  private static double[] doubles(INDArray array) {
    return array.castTo(DataType.DOUBLE).dup('c').data().asDouble();
  }

  private static INDArray row(double[] values) {
    return Nd4j.create(values).reshape(1, values.length);
  }
}

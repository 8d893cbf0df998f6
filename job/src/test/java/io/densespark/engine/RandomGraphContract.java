package io.densespark.engine;

import java.util.Optional;
import net.jqwik.api.Assume;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Graphs that nobody thought of. The seed is fixed, so that a run fails for the code alone. */
interface RandomGraphContract extends EngineUnderTest {

  double RANDOM_TOLERANCE = 3e-4;

  @Property(
      tries = 120,
      seed = "481516",
      edgeCases = EdgeCasesMode.NONE,
      shrinking = ShrinkingMode.BOUNDED)
  default void randomGraphAgreesWithDl4jInDouble(
      @ForAll(supplier = RandomGraphs.class) GraphCase anySeed) {
    Optional<GraphCase> decided = Dl4jOracle.decidedInFloat(anySeed, RANDOM_TOLERANCE);
    Assume.that(decided.isPresent());
    GraphCase graphCase = decided.orElseThrow();
    Dl4jOracle.Answer actual = answer(graphCase);
    Dl4jOracle.Answer expected = Dl4jOracle.answer(graphCase, DataType.DOUBLE);
    INDArray rounded = Dl4jOracle.answer(graphCase, DataType.FLOAT).gradient();
    Agreement.number("random graph, loss", actual.loss(), expected.loss(), RANDOM_TOLERANCE);
    Agreement.gradientBesideRounding(
        "random graph, gradient",
        graphCase,
        actual.gradient(),
        expected.gradient(),
        rounded,
        RANDOM_TOLERANCE);
    Agreement.elements(
        "random graph, output", actual.probabilities(), expected.probabilities(), 1e-4);
  }
}

package io.densespark.engine;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;

/** Layer by layer against DL4J, where an error has nowhere to hide. */
interface LayerContract extends EngineUnderTest {

  double TOLERANCE = 1e-4;

  @ParameterizedTest
  @MethodSource("io.densespark.engine.LayerCases#all")
  default void layerAgreesWithDl4jInDoubleAndInFloat(GraphCase anySeed) {
    GraphCase graphCase = Dl4jOracle.decidedInFloat(anySeed, TOLERANCE).orElseThrow();
    Dl4jOracle.Answer answer = answer(graphCase);
    Agreement.holds(
        "layer against DL4J in double",
        graphCase,
        answer,
        Dl4jOracle.answer(graphCase, DataType.DOUBLE),
        TOLERANCE);
    Agreement.holds(
        "layer against DL4J in float",
        graphCase,
        answer,
        Dl4jOracle.answer(graphCase, DataType.FLOAT),
        TOLERANCE);
  }
}

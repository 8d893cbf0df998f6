package io.densespark.engine;

import io.densespark.engine.PlanConfig.Purpose;
import java.util.List;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;

/** Several steps of a DenseNet with DL4J's updater, beside DL4J's own {@code fit}. */
interface TrainingContract extends EngineUnderTest {

  static List<IUpdater> updaters() {
    return List.of(new Sgd(0.1), new Nesterovs(0.05, 0.9), new Adam(1e-3));
  }

  @ParameterizedTest
  @MethodSource("updaters")
  default void trainsAsDl4jFits(IUpdater updater) {
    GraphCase graphCase = ContractGraphs.denseNet(Activation.TANH, updater);
    ComputationGraph fitted = graphCase.network();
    ComputationGraph stepped = graphCase.network();
    INDArray start = graphCase.parameters();
    fitted.setParams(start);
    stepped.setParams(start);
    stepped.initGradientsView();
    try (Plan plan = compile(graphCase, Purpose.TRAINING)) {
      for (int step = 0; step < 8; step++) {
        GraphCase batch = graphCase.withSeed(1000 + step);
        fitted.fit(new DataSet(batch.features(), batch.labels()));
        step(plan, stepped, batch, step);
      }
    }
    Agreement.direction(
        "eight steps with " + updater.getClass().getSimpleName(),
        stepped.params().sub(start),
        fitted.params().sub(start),
        1e-3);
    GraphCase held = graphCase.withSeed(9);
    Agreement.elements(
        "predictions after eight steps",
        stepped.outputSingle(false, held.features()),
        fitted.outputSingle(false, held.features()),
        1e-4);
  }

  private static void step(Plan plan, ComputationGraph network, GraphCase batch, int step) {
    INDArray gradient = network.getGradientsViewArray();
    plan.gradient(network.params(), batch.features(), batch.labels(), gradient, step);
    network
        .getUpdater()
        .update(
            new DefaultGradient(gradient),
            step,
            0,
            batch.images().batch(),
            LayerWorkspaceMgr.noWorkspaces());
    network.params().subi(gradient);
  }
}

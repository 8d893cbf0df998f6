package io.densespark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions;

class TrainingStateTest {

  @Test
  void aCopyInUsedMemoryHoldsTheGraphAsItIsNow() {
    ComputationGraph graph = graph(true);
    TrainingState earlier = TrainingState.of(graph);
    graph.params().addi(1);
    graph.getUpdater().getStateViewArray().addi(2);
    graph.getConfiguration().setIterationCount(9);

    TrainingState now = TrainingState.of(graph, earlier);
    TrainingState fresh = TrainingState.of(graph);

    assertThat(now.parameters()).isSameAs(earlier.parameters()).containsExactly(fresh.parameters());
    assertThat(now.updaterState())
        .isSameAs(earlier.updaterState())
        .containsExactly(fresh.updaterState())
        .isNotEmpty();
    assertThat(now.step()).isEqualTo(9);
  }

  @Test
  void aCopyInUsedMemoryDoesNotFollowTheGraph() {
    ComputationGraph graph = graph(true);
    TrainingState copy = TrainingState.of(graph, TrainingState.of(graph));
    float[] before = copy.parameters().clone();

    graph.params().addi(1);

    assertThat(copy.parameters()).containsExactly(before);
  }

  @Test
  void anUpdaterWithoutStateIsCopiedToo() {
    ComputationGraph graph = graph(false);

    assertThat(TrainingState.of(graph, TrainingState.of(graph)).updaterState()).isEmpty();
  }

  @Test
  void memoryOfAnotherGraphIsRefused() {
    TrainingState withoutState = TrainingState.of(graph(false));

    assertThatThrownBy(() -> TrainingState.of(graph(true), withoutState))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("an array of 0");
  }

  private static ComputationGraph graph(boolean momentum) {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .updater(momentum ? new Nesterovs(0.1, 0.9) : new Sgd(0.1))
                .graphBuilder()
                .addInputs("in")
                .addLayer(
                    "out",
                    new OutputLayer.Builder(LossFunctions.LossFunction.MSE).nIn(3).nOut(2).build(),
                    "in")
                .setOutputs("out")
                .build());
    graph.init();
    return graph;
  }
}

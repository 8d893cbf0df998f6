package io.densespark.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.train.TrainConfig.ScheduleConfig;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions;

class PlainModelTest {

  private static ComputationGraph scheduled() {
    ScheduleConfig cosine = new ScheduleConfig(ScheduleConfig.Kind.COSINE, 0, List.of(), 0.1, 0.01);
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .updater(new Nesterovs(LearningRateSchedule.of(cosine, 0.4, 10, 1), 0.9))
                .graphBuilder()
                .addInputs("in")
                .addLayer("dense", new DenseLayer.Builder().nIn(2).nOut(3).build(), "in")
                .addLayer(
                    "out",
                    new OutputLayer.Builder(LossFunctions.LossFunction.MSE).nIn(3).nOut(2).build(),
                    "dense")
                .setOutputs("out")
                .build());
    graph.init();
    graph.fit(new DataSet(Nd4j.ones(1, 2), Nd4j.ones(1, 2)));
    return graph;
  }

  @Test
  void holdsTheSameStateWithoutOurClasses() {
    ComputationGraph graph = scheduled();

    ComputationGraph plain = PlainModel.of(graph);

    assertThat(plain.getConfiguration().toJson()).doesNotContain("densespark");
    assertThat(TrainingState.of(plain).parameters())
        .isEqualTo(TrainingState.of(graph).parameters());
    assertThat(TrainingState.of(plain).updaterState())
        .isEqualTo(TrainingState.of(graph).updaterState());
    assertThat(plain.getIterationCount()).isEqualTo(1);
    assertThat(plain.getLearningRate("dense")).isEqualTo(graph.getLearningRate("dense"));
  }

  @Test
  void leavesTheScheduleOfTheOriginalAlone() {
    ComputationGraph graph = scheduled();
    String before = graph.getConfiguration().toJson();
    double first = graph.getLearningRate("dense");

    PlainModel.of(graph);
    graph.getConfiguration().setIterationCount(9);

    assertThat(graph.getLearningRate("dense")).isLessThan(first / 2);
    graph.getConfiguration().setIterationCount(1);
    assertThat(graph.getConfiguration().toJson()).isEqualTo(before);
  }
}

package io.densespark.train;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.learning.config.IUpdater;

/** A graph as plain DL4J loads it: no class of this project in its configuration. */
public final class PlainModel {

  private PlainModel() {}

  /**
   * A copy of a graph in which every updater has the constant learning rate that its schedule gives
   * at the graph's current step. Parameters, updater state and counters are the same.
   */
  public static ComputationGraph of(ComputationGraph graph) {
    int step = graph.getIterationCount();
    int epoch = graph.getEpochCount();
    // By way of JSON: DL4J's clone shares updaters with the original, which must keep its schedule.
    ComputationGraphConfiguration configuration =
        ComputationGraphConfiguration.fromJson(graph.getConfiguration().toJson());
    for (GraphVertex vertex : configuration.getVertices().values()) {
      if (vertex instanceof LayerVertex layer
          && layer.getLayerConf().getLayer() instanceof BaseLayer base) {
        freeze(base.getIUpdater(), step, epoch);
        freeze(base.getBiasUpdater(), step, epoch);
      }
    }
    configuration.setIterationCount(step);
    configuration.setEpochCount(epoch);
    ComputationGraph plain = new ComputationGraph(configuration);
    plain.init();
    TrainingState.of(graph).restoreTo(plain);
    return plain;
  }

  private static void freeze(IUpdater updater, int step, int epoch) {
    if (updater != null && updater.hasLearningRate()) {
      updater.setLrAndSchedule(updater.getLearningRate(step, epoch), null);
    }
  }
}

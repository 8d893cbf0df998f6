package io.densespark.sync.master;

import io.densespark.text.Text;
import java.util.Collection;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.core.loader.DataSetLoader;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.core.storage.StatsStorageRouter;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.spark.api.TrainingHook;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.api.TrainingResult;
import org.deeplearning4j.spark.api.TrainingWorker;
import org.deeplearning4j.spark.api.stats.SparkTrainingStats;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The parts of dl4j-spark's interface that are the same for every compiled master: its many ways in
 * lead to one, and what belongs to DL4J's own workers is refused by name.
 */
abstract class TrainingMasterBase
    implements TrainingMaster<TrainingResult, TrainingWorker<TrainingResult>> {

  /** Trains one epoch and leaves the result in the graph, epoch count apart. */
  abstract void trainEpoch(JavaSparkContext spark, ComputationGraph graph, JavaRDD<DataSet> data);

  @Override
  public final void executeTraining(SparkComputationGraph graph, JavaRDD<DataSet> data) {
    trainEpoch(graph.getSparkContext(), graph.getNetwork(), data);
  }

  @Override
  public final void executeTraining(SparkDl4jMultiLayer network, JavaRDD<DataSet> data) {
    MultiLayerNetwork layers = network.getNetwork();
    ComputationGraph graph = layers.toComputationGraph();
    trainEpoch(network.getSparkContext(), graph, data);
    layers.setParams(graph.params());
    if (graph.getUpdater().getStateViewArray() != null) {
      layers.getUpdater().getStateViewArray().assign(graph.getUpdater().getStateViewArray());
    }
    layers.setIterationCount(graph.getIterationCount());
  }

  @Override
  public final void executeTrainingMDS(SparkComputationGraph graph, JavaRDD<MultiDataSet> data) {
    executeTraining(graph, data.map(TrainingMasterBase::single));
  }

  @Override
  public final void executeTrainingPaths(
      SparkDl4jMultiLayer network,
      SparkComputationGraph graph,
      JavaRDD<String> paths,
      DataSetLoader loader,
      MultiDataSetLoader multiLoader) {
    throw refused("training from paths", "load the DataSets into an RDD and call fit(rdd)");
  }

  private static DataSet single(MultiDataSet data) {
    if (data.numFeatureArrays() != 1 || data.numLabelsArrays() != 1) {
      throw new IllegalArgumentException(
          Text.format(
              "expected one input and one output, found %d and %d",
              data.numFeatureArrays(), data.numLabelsArrays()));
    }
    // Masks stay with it: a shard refuses them by name.
    return new DataSet(
        data.getFeatures(0),
        data.getLabels(0),
        data.getFeaturesMaskArray(0),
        data.getLabelsMaskArray(0));
  }

  @Override
  public final TrainingWorker<TrainingResult> getWorkerInstance(SparkDl4jMultiLayer network) {
    throw refused("a DL4J worker", "call fit");
  }

  @Override
  public final TrainingWorker<TrainingResult> getWorkerInstance(SparkComputationGraph graph) {
    throw refused("a DL4J worker", "call fit");
  }

  @Override
  public final void addHook(TrainingHook hook) {
    throw refused("a training hook", "set an observer on the builder");
  }

  @Override
  public final void removeHook(TrainingHook hook) {
    // None was ever added.
  }

  @Override
  public final void setListeners(Collection<TrainingListener> listeners) {
    throw refused("training listeners", "set an observer on the builder");
  }

  @Override
  public final void setListeners(
      StatsStorageRouter router, Collection<TrainingListener> listeners) {
    throw refused("training listeners", "set an observer on the builder");
  }

  @Override
  public final void setCollectTrainingStats(boolean collect) {
    if (collect) {
      throw refused("DL4J's training statistics", "use the step metrics");
    }
  }

  @Override
  public final boolean getIsCollectTrainingStats() {
    return false;
  }

  @Override
  public final SparkTrainingStats getTrainingStats() {
    return null;
  }

  @Override
  public final boolean deleteTempFiles(JavaSparkContext spark) {
    return true;
  }

  @Override
  public final boolean deleteTempFiles(SparkContext spark) {
    return true;
  }

  @Override
  public final String toJson() {
    throw refused("JSON of the master", "keep its settings");
  }

  @Override
  public final String toYaml() {
    throw refused("YAML of the master", "keep its settings");
  }

  private static UnsupportedOperationException refused(String what, String instead) {
    return new UnsupportedOperationException(
        "compiled training masters do not offer " + what + ": " + instead);
  }
}

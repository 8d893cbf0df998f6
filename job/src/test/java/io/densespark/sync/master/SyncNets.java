package io.densespark.sync.master;

import io.densespark.train.FlatVectors;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions;

/** Small nets, data and Spark for the tests of this package. */
public final class SyncNets {

  public static final int SIDE = 8;
  static final int CLASSES = 3;

  private SyncNets() {}

  /** Spark within this process, with as many slots. */
  static JavaSparkContext spark(int slots) {
    return new JavaSparkContext(
        new SparkConf()
            .setMaster("local[" + slots + "]")
            .setAppName("sync")
            .set("spark.ui.enabled", "false")
            .set("spark.driver.host", "127.0.0.1"));
  }

  /** Parameters of a graph after epochs over {@link #shards} of these sizes, a rank each. */
  static float[] trained(
      JavaSparkContext spark,
      TrainingMasterBuilder settings,
      ComputationGraph graph,
      int[] sizes,
      int epochs) {
    try (CompiledTrainingMaster master = settings.build()) {
      JavaRDD<DataSet> data = spark.parallelize(shards(sizes), sizes.length);
      SparkComputationGraph network = new SparkComputationGraph(spark, graph, master);
      for (int epoch = 0; epoch < epochs; epoch++) {
        network.fit(data);
      }
    }
    return FlatVectors.toArray(graph.params());
  }

  public static ComputationGraph graph(IUpdater updater, boolean batchNorm) {
    var builder =
        new NeuralNetConfiguration.Builder()
            .seed(7)
            .updater(updater)
            .convolutionMode(ConvolutionMode.Same)
            .graphBuilder()
            .addInputs("images")
            .setInputTypes(InputType.convolutional(SIDE, SIDE, 1))
            .addLayer("conv", new ConvolutionLayer.Builder(3, 3).nOut(17).build(), "images");
    String last = "conv";
    if (batchNorm) {
      builder.addLayer("norm", new BatchNormalization(), "conv");
      last = "norm";
    }
    ComputationGraphConfiguration configuration =
        builder
            .addLayer("relu", new ActivationLayer(Activation.TANH), last)
            .addLayer("pool", new GlobalPoolingLayer(PoolingType.AVG), "relu")
            .addLayer(
                "out",
                new OutputLayer.Builder(LossFunctions.LossFunction.MCXENT)
                    .nOut(CLASSES)
                    .activation(Activation.SOFTMAX)
                    .build(),
                "pool")
            .setOutputs("out")
            .build();
    ComputationGraph graph = new ComputationGraph(configuration);
    graph.init();
    return graph;
  }

  /** One DataSet of random images for each shard, shards of the given sizes. */
  public static List<DataSet> shards(int... sizes) {
    Random random = new Random(11);
    List<DataSet> shards = new ArrayList<>();
    for (int size : sizes) {
      float[] images = new float[size * SIDE * SIDE];
      float[] labels = new float[size * CLASSES];
      for (int i = 0; i < size; i++) {
        int label = random.nextInt(CLASSES);
        labels[i * CLASSES + label] = 1;
        for (int p = 0; p < SIDE * SIDE; p++) {
          images[i * SIDE * SIDE + p] = random.nextFloat() * (label + 1) / CLASSES;
        }
      }
      shards.add(
          new DataSet(
              Nd4j.createFromArray(images).reshape(size, 1, SIDE, SIDE),
              Nd4j.createFromArray(labels).reshape(size, CLASSES)));
    }
    return shards;
  }
}

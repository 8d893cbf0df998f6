package io.densespark.job.pipeline;

import io.densespark.config.RunConfig;
import io.densespark.dataset.Examples;
import io.densespark.dataset.ImageDataset;
import io.densespark.dataset.ShardedDataSets;
import io.densespark.engine.Confined;
import io.densespark.engine.Engines;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.evaluation.ClusterEvaluator;
import io.densespark.evaluation.ExampleResults;
import io.densespark.job.Inputs;
import io.densespark.job.SparkConnection;
import io.densespark.model.ModelSignature;
import io.densespark.model.SavedModel;
import io.densespark.train.FlatVectors;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaRDD;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The test images on the cluster, on which any number of models are measured, each at the image
 * size that it was trained for. The examples come in the same order for every model.
 */
final class TestBench implements AutoCloseable {

  private static final int CHUNK = 4096;
  private static final int WARM_UP_CALLS = 10;
  private static final int TIMED_CALLS = 51;

  private final RunConfig config;
  private final SparkConnection spark;
  private final ImageDataset images;
  private final Examples test;
  private final ModelSignature signature;
  private final int shards;
  private final Map<Integer, Placed> placed = new TreeMap<>();

  /** The images of one size on the executors. */
  private record Placed(ShardedDataSets shards, JavaRDD<DataSet> data) {}

  TestBench(RunConfig config, SparkConnection spark, ImageDataset images) {
    this.config = config;
    this.spark = spark;
    this.images = images;
    this.test = Inputs.test(images);
    this.signature = Inputs.signature(config, images);
    this.shards = Math.min(spark.slots(), test.size());
  }

  /** The data set. */
  ImageDataset images() {
    return images;
  }

  /** What models that are measured read and tell apart, at any size. */
  ModelSignature signature() {
    return signature;
  }

  /** Measures a model. */
  ExampleResults measure(SavedModel model, String source) {
    int side = side(model, source);
    return evaluator(side)
        .evaluate(
            model.network().getConfiguration(),
            FlatVectors.toArray(model.network().params()),
            placed.computeIfAbsent(side, this::place).data());
  }

  /** Measures a model by the mean over each image and its mirror image. */
  ExampleResults measureMirrored(SavedModel model, String source) {
    int side = side(model, source);
    return evaluator(side)
        .evaluateMirrored(
            model.network().getConfiguration(),
            FlatVectors.toArray(model.network().params()),
            placed.computeIfAbsent(side, this::place).data());
  }

  private ClusterEvaluator evaluator(int side) {
    return new ClusterEvaluator(spark.context(), plan(config.evaluation().batchSize(), side));
  }

  /** Median time that one image takes on one thread of the driver, in milliseconds. */
  double latencyMillis(SavedModel model, String source) {
    int side = side(model, source);
    int channels = images.channels();
    INDArray parameters = model.network().params();
    INDArray image = Nd4j.zeros(DataType.UINT8, 1, channels, side, side);
    INDArray probabilities = Nd4j.createUninitialized(DataType.FLOAT, 1, signature.classes());
    try (Confined<Plan> confined =
        new Confined<>(
            "latency",
            () -> Engines.compile(model.network().getConfiguration().clone(), plan(1, side)))) {
      return confined.call(
          plan -> {
            long[] nanos = new long[TIMED_CALLS];
            for (int call = -WARM_UP_CALLS; call < TIMED_CALLS; call++) {
              long began = System.nanoTime();
              plan.infer(parameters, image, probabilities);
              nanos[Math.max(0, call)] = System.nanoTime() - began;
            }
            Arrays.sort(nanos);
            return nanos[TIMED_CALLS / 2] / 1e6;
          });
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("stopped while measuring the latency", e);
    }
  }

  /** SHA-256 over the test images and labels in use. */
  String testSetSha256() {
    return test.sha256();
  }

  private int side(SavedModel model, String source) {
    int side = model.signature().map(ModelSignature::height).orElse(config.data().imageSize());
    model.requireSuits(
        new ModelSignature(
            signature.channels(), side, side, signature.classes(), signature.classNames()),
        source);
    return side;
  }

  private PlanConfig plan(int batchSize, int side) {
    return new PlanConfig(
        batchSize, 1, PlanConfig.Purpose.INFERENCE, images.channels(), side, side, config.engine());
  }

  private Placed place(int side) {
    ShardedDataSets sets = test.shards(spark.context(), signature.classes(), side, 0, shards);
    return new Placed(sets, sets.bytes(CHUNK));
  }

  @Override
  public void close() {
    placed.values().forEach(size -> size.data().unpersist(true));
  }
}

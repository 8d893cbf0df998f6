package io.densespark.job.run;

import io.densespark.config.RunConfig;
import io.densespark.dataset.Examples;
import io.densespark.dataset.ImageDataset;
import io.densespark.dataset.ShardedDataSets;
import io.densespark.job.SparkConnection;
import io.densespark.model.ModelSignature;
import io.densespark.train.PlainModel;
import io.densespark.train.StepCounts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * Trains in a Spark application that somebody else began, as {@link TrainJob} does for the same
 * settings and images, to the bit; it writes no files, and keeps no checkpoints.
 *
 * <p>A barrier stage wants all slots at once, so trainings of one application take turns.
 *
 * @param warning takes a line for people
 */
public record ContextTraining(
    RunConfig config, JavaSparkContext context, Consumer<String> warning) {

  private static final ReentrantLock TURN = new ReentrantLock(true);
  private static final String DESCRIPTION = "spark.job.description";

  /**
   * What came of it.
   *
   * @param network the net, without what only training needs
   * @param signature images that it reads
   * @param losses by epoch, the mean training loss
   * @param accuracies by epoch, of the images held out; empty where there are none
   */
  public record Trained(
      ComputationGraph network,
      ModelSignature signature,
      List<Double> losses,
      List<Double> accuracies) {}

  /**
   * Trains on the training images; those held out are measured after every epoch.
   *
   * @param classNames names of the classes, by index
   * @throws io.densespark.train.DivergedException if a loss or parameter is not finite
   */
  public Trained train(ImageDataset images, List<String> classNames) {
    TURN.lock();
    String described = context.getLocalProperty(DESCRIPTION);
    try (Cancellation cancellation = Cancellation.ofThisThread(context.sc())) {
      config.train().timeLimit().ifPresent(cancellation::limit);
      try {
        return train(images, classNames, cancellation);
      } catch (RuntimeException e) {
        cancellation.check(e);
        throw e;
      }
    } finally {
      context.setLocalProperty(DESCRIPTION, described);
      TURN.unlock();
    }
  }

  private Trained train(ImageDataset dataset, List<String> classNames, Cancellation cancellation) {
    Examples images = dataset.train();
    int replicas =
        Replicas.choose(
            config, SparkConnection.to(context), images.size(), Optional.empty(), warning);
    StepCounts counts = StepCounts.even(images.size(), replicas, config.train().batchSize());
    ComputationGraph graph = InitialModel.random(config, images.channels(), counts);
    InitialModel.read(config, context.hadoopConfiguration()).into(graph, line -> {});
    int side = config.data().imageSize();
    ModelSignature signature =
        new ModelSignature(images.channels(), side, side, classNames.size(), classNames);
    ShardedDataSets shards =
        images.shards(context, signature.classes(), side, config.train().seed(), replicas);
    History history = new History();
    try (SparkMetrics metrics = new SparkMetrics(context, replicas, () -> Duration.ZERO);
        Trainer trainer =
            Trainer.of(
                config,
                context,
                graph,
                counts,
                shards,
                RunListener.observing(List.of(metrics)),
                null);
        EvaluationSet measured =
            dataset
                .validation()
                .map(some -> new EvaluationSet(config, context, some, signature, replicas))
                .orElse(null)) {
      if (measured == null) {
        while (graph.getEpochCount() < config.train().epochs()) {
          cancellation.check();
          history.onTrained(trainer.trainEpoch());
        }
        cancellation.check();
      } else {
        new TrainingLoop(
                trainer,
                measured,
                Optional.empty(),
                signature.classNames(),
                new EarlyStopping(config.train().earlyStopping(), List.of()),
                List.of(history, metrics),
                cancellation)
            .run(config.train().epochs());
      }
      return new Trained(
          PlainModel.of(trainer.model()),
          signature,
          List.copyOf(history.losses),
          List.copyOf(history.accuracies));
    }
  }

  private static final class History implements RunListener {
    private final List<Double> losses = new ArrayList<>();
    private final List<Double> accuracies = new ArrayList<>();

    @Override
    public void onTrained(Trainer.Epoch trained) {
      losses.add(trained.loss());
    }

    @Override
    public void onEpoch(EpochEnd end) {
      accuracies.add(end.record().testAccuracy());
    }
  }
}

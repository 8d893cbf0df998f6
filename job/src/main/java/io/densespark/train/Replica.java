package io.densespark.train;

import io.densespark.engine.DeviceModel;
import io.densespark.engine.DeviceModel.Vector;
import io.densespark.engine.Plan;
import io.densespark.text.Text;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * One copy of the model in training: a DL4J graph for parameters, updater and counters, and a
 * compiled plan for the gradient. A step is
 *
 * <pre>
 *   gradient(features, labels)      sum over the local batch, DL4J's flat order
 *   [gradients of all replicas are added here, see the sync package]
 *   apply(globalExamples)           the graph's updater, then parameters -= update
 * </pre>
 *
 * <p>Running statistics of batch norm travel inside the gradient as steps towards the batch's
 * statistics, see {@link FlatGradient}.
 */
public final class Replica implements AutoCloseable {

  private final ComputationGraph graph;
  private final Plan plan;
  private final FlatGradient flatGradient;
  private final BatchStatistics batchStatistics;

  private final ModelVectors vectors;

  private final ModelUpdate update;

  /** Null where none is kept. */
  private final MovingAverage average;

  /** A replica that does DL4J's update and nothing else. */
  public Replica(ComputationGraph graph, Plan plan) {
    this(graph, plan, UpdateConfig.PLAIN);
  }

  /**
   * @param graph an initialised graph, owned by this replica from now on
   * @param plan a plan of the same configuration, owned by this replica from now on
   */
  public Replica(ComputationGraph graph, Plan plan, UpdateConfig config) {
    if (graph.numParams() != plan.parameterCount()) {
      throw new IllegalArgumentException(
          Text.format(
              "the graph has %d parameters, the plan %d",
              graph.numParams(), plan.parameterCount()));
    }
    this.graph = graph;
    this.plan = plan;
    this.update = new ModelUpdate(graph, config);
    List<ParameterRange> statistics =
        ParameterRange.of(graph).stream().filter(ParameterRange::statistics).toList();
    this.batchStatistics = new BatchStatistics(graph, statistics);
    this.average = config.emaDecay() == 0 ? null : new MovingAverage(config.emaDecay());
    DeviceModel device =
        update.runsOnDevices()
            ? plan.deviceModel(
                    stateHere().remaining(),
                    average != null,
                    statistics.stream()
                        .map(range -> new DeviceModel.Range(range.start(), range.end()))
                        .toList())
                .orElse(null)
            : null;
    this.vectors =
        new ModelVectors(
            device,
            Map.of(
                Vector.PARAMETERS, () -> FlatVectors.view(graph.params()),
                Vector.GRADIENT, () -> FlatVectors.view(graph.getFlattenedGradients()),
                Vector.UPDATER_STATE, this::stateHere,
                Vector.AVERAGE, () -> FloatBuffer.wrap(average.values())));
    this.flatGradient = new FlatGradient(vectors, statistics);
  }

  private FloatBuffer stateHere() {
    INDArray state = graph.getUpdater().getStateViewArray();
    return state == null ? FloatBuffer.allocate(0) : FlatVectors.view(state);
  }

  /** Puts a state of the same run into this replica. */
  public void restore(TrainingState state) {
    restoreGraph(state);
    if (average != null) {
      average.begin(state.ema(), parameterBuffer());
      vectors.replaced(Vector.AVERAGE);
    }
  }

  private void restoreGraph(TrainingState state) {
    vectors.replaced(Vector.PARAMETERS);
    vectors.replaced(Vector.UPDATER_STATE);
    state.restoreTo(graph);
  }

  /** A copy of the state, between two steps. */
  public TrainingState state() {
    return state(null);
  }

  /** A copy of the state in the arrays of an earlier one, which is lost; null: in new ones. */
  public TrainingState state(TrainingState reused) {
    vectors.read(Vector.PARAMETERS);
    vectors.read(Vector.UPDATER_STATE);
    TrainingState state = TrainingState.of(graph, reused);
    if (average == null) {
      return state;
    }
    float[] copy = reused == null ? new float[average.values().length] : reused.ema();
    vectors.read(Vector.AVERAGE).get(0, copy);
    return state.withEma(copy);
  }

  /** What {@link #gradient} fills and {@link #apply} uses up. */
  public FlatGradient flatGradient() {
    return flatGradient;
  }

  /** The graph, with this replica's parameters and state until the next gradient or update. */
  public ComputationGraph graph() {
    vectors.change(Vector.PARAMETERS);
    vectors.change(Vector.UPDATER_STATE);
    return graph;
  }

  /** Global steps done. */
  public int step() {
    return graph.getIterationCount();
  }

  /** Passes over a step without an update. */
  public void skipStep() {
    graph.getConfiguration().setIterationCount(step() + 1);
  }

  /** The plan that computes this replica's gradients. */
  public Plan plan() {
    return plan;
  }

  /**
   * A local batch as {@link #gradient} takes it.
   *
   * @param there null: it is not on a device
   */
  public record LocalBatch(INDArray features, INDArray labels, DeviceModel.Batch there) {}

  /**
   * Hands a local batch over. Its arrays may be overwritten after its gradient, and at once where
   * batches are prepared ahead.
   *
   * @param features as {@link Plan#gradient} takes them
   * @param labels float32 [n, classes]
   */
  public LocalBatch prepare(INDArray features, INDArray labels) {
    return new LocalBatch(
        features, labels, vectors.onDevice() ? vectors.there().stage(features, labels) : null);
  }

  /**
   * Fills the flat gradient from a local batch of {@code n} examples.
   *
   * @param meanwhile what this machine does while a device computes, such as preparing the next
   *     batch; without a device it is left alone
   * @return mean loss over the {@code n} examples, without regularisation
   */
  public double gradient(LocalBatch batch, long noiseSeed, Runnable meanwhile) {
    if (!vectors.onDevice()) {
      return plan.gradient(
          graph.params(),
          batch.features(),
          batch.labels(),
          graph.getFlattenedGradients(),
          noiseSeed);
    }
    DeviceModel device = vectors.there(Vector.PARAMETERS);
    device.begin(batch.there(), noiseSeed);
    vectors.changedThere(Vector.GRADIENT);
    meanwhile.run();
    return device.loss();
  }

  /** The same for a batch that was not prepared. */
  public double gradient(INDArray features, INDArray labels, long noiseSeed) {
    return gradient(prepare(features, labels), noiseSeed, () -> {});
  }

  /** Learning rate of the coming step; NaN for updaters without one. */
  public double learningRate() {
    return graph.getUpdater().getUpdaterBlocks().stream()
        .map(block -> block.getGradientUpdater().getConfig())
        .filter(IUpdater::hasLearningRate)
        .mapToDouble(u -> u.getLearningRate(step(), graph.getEpochCount()))
        .findFirst()
        .orElse(Double.NaN);
  }

  /** The flat parameters' memory, [parameterCount], until the next gradient or update. */
  public FloatBuffer parameterBuffer() {
    return vectors.change(Vector.PARAMETERS);
  }

  /** The updater state's memory until the next update; empty for updaters without one. */
  public FloatBuffer updaterStateBuffer() {
    return vectors.change(Vector.UPDATER_STATE);
  }

  /**
   * Turns the flat gradient, summed over {@code globalExamples} examples, into the update that the
   * graph's settings ask for and takes it off the parameters. What the flat gradient holds then is
   * not defined.
   */
  public void apply(int globalExamples) {
    int epoch = graph.getEpochCount();
    if (vectors.onDevice()) {
      vectors
          .there(Vector.PARAMETERS, Vector.GRADIENT, Vector.UPDATER_STATE)
          .update(update.onDevice(step(), epoch, globalExamples));
      vectors.changedThere(Vector.PARAMETERS);
      vectors.changedThere(Vector.UPDATER_STATE);
    } else {
      update.apply(step(), epoch, globalExamples);
    }
    skipStep();
  }

  /**
   * Moves the average of the parameters, where one is kept, after steps that end with equal ones.
   */
  public void followParameters(int steps) {
    if (average == null) {
      return;
    }
    int from = step() - steps;
    if (vectors.onDevice()) {
      vectors.there(Vector.PARAMETERS, Vector.AVERAGE).follow(average.weight(from, step()));
      vectors.changedThere(Vector.AVERAGE);
    } else {
      average.follow(parameterBuffer(), from, step());
    }
  }

  /** How many means and variances batch norms normalise a batch by. */
  public int statisticsLength() {
    return batchStatistics.length();
  }

  /**
   * Takes on the parameters that are evaluated and saved, with running statistics from which those
   * of batches can be told, until {@link #endEstimate}.
   */
  public void beginEstimate() {
    if (average != null) {
      parameterBuffer().put(vectors.read(Vector.AVERAGE));
    }
    batchStatistics.begin(parameterBuffer());
  }

  /**
   * After a gradient of so many examples: adds the means and variances of its batch, times its
   * examples.
   *
   * @param sums [{@link #statisticsLength}]
   */
  public void addBatchStatistics(int examples, double[] sums) {
    batchStatistics.add(flatGradient.values(), examples, sums);
  }

  /**
   * Goes back to a state, with other running statistics of the parameters that are evaluated and
   * saved.
   *
   * @param statistics means and variances, in the order of {@link #addBatchStatistics}
   */
  public void endEstimate(TrainingState before, float[] statistics) {
    restoreGraph(before);
    Vector saved = average == null ? Vector.PARAMETERS : Vector.AVERAGE;
    batchStatistics.putInto(vectors.change(saved), statistics);
  }

  /** By layer, what the last update was scaled by in LARS or LAMB; empty for other rules. */
  public Map<String, Double> trustRatios() {
    return update.trustRatios(vectors.there());
  }

  /** Frees the plan's native memory. */
  @Override
  public void close() {
    plan.close();
  }
}

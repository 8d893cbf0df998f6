package io.densespark.train;

import io.densespark.engine.Plan;
import io.densespark.text.Text;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
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
  private final Gradient gradient;
  private final FlatGradient flatGradient;
  private final BatchStatistics batchStatistics;

  /** Null where every gradient keeps its length. */
  private final GradientClip clip;

  /** At most one of the two; where there is none DL4J's own updater does it. */
  private final FusedUpdater fused;

  private final LayerwiseUpdater layerwise;

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
  public Replica(ComputationGraph graph, Plan plan, UpdateConfig update) {
    if (graph.numParams() != plan.parameterCount()) {
      throw new IllegalArgumentException(
          Text.format(
              "the graph has %d parameters, the plan %d",
              graph.numParams(), plan.parameterCount()));
    }
    this.graph = graph;
    this.plan = plan;
    // DL4J's updater views the gradient that exists when it is made: it must come first.
    graph.getUpdater();
    this.gradient = new DefaultGradient(graph.getFlattenedGradients());
    List<ParameterRange> ranges = ParameterRange.of(graph);
    List<ParameterRange> statistics = ranges.stream().filter(ParameterRange::statistics).toList();
    this.flatGradient = new FlatGradient(graph, statistics);
    this.batchStatistics = new BatchStatistics(graph, statistics);
    for (UpdaterBlock block : updaterBlocks()) {
      for (UpdaterBlock.ParamState part : block.getLayersAndVariablesInBlock()) {
        Trainable layer = part.getLayer();
        // Keyed as DL4J keys them; it clips per layer by these names.
        gradient.setGradientFor(
            layer.getConfig().getLayerName() + "_" + part.getParamName(), part.getGradView());
      }
    }
    this.clip = update.clipNorm() == 0 ? null : new GradientClip(update.clipNorm(), ranges);
    if (update.layerwise() != UpdateConfig.Layerwise.NONE) {
      this.layerwise = new LayerwiseUpdater(graph, update);
      this.fused = null;
    } else {
      this.layerwise = null;
      this.fused = FusedUpdater.of(graph, update.momentumCorrection()).orElse(null);
      if (fused == null && update.momentumCorrection()) {
        throw new IllegalArgumentException(
            "momentum is corrected in float32 graphs that ask for nothing but SGD, Nesterovs or Adam and L2");
      }
    }
    this.average = update.emaDecay() == 0 ? null : new MovingAverage(update.emaDecay());
  }

  /** Puts a state of the same run into this replica. */
  public void restore(TrainingState state) {
    state.restoreTo(graph);
    if (average != null) {
      average.begin(state.ema(), parameterBuffer());
    }
  }

  /** A copy of the state, between two steps. */
  public TrainingState state() {
    return state(null);
  }

  /** A copy of the state in the arrays of an earlier one, which is lost; null: in new ones. */
  public TrainingState state(TrainingState reused) {
    TrainingState state = TrainingState.of(graph, reused);
    if (average == null) {
      return state;
    }
    float[] copy = reused == null ? new float[average.values().length] : reused.ema();
    System.arraycopy(average.values(), 0, copy, 0, copy.length);
    return state.withEma(copy);
  }

  /** What {@link #gradient} fills and {@link #apply} uses up. */
  public FlatGradient flatGradient() {
    return flatGradient;
  }

  /** The graph that holds this replica's parameters. */
  public ComputationGraph graph() {
    return graph;
  }

  /** The plan that computes this replica's gradients. */
  public Plan plan() {
    return plan;
  }

  /**
   * Fills the flat gradient from a local batch of {@code n} examples.
   *
   * @param features as {@link Plan#gradient} takes them
   * @param labels float32 [n, classes]
   * @return mean loss over the {@code n} examples, without regularisation
   */
  public double gradient(INDArray features, INDArray labels, long noiseSeed) {
    return plan.gradient(
        graph.params(), features, labels, graph.getFlattenedGradients(), noiseSeed);
  }

  /** Learning rate of the coming step; NaN for updaters without one. */
  public double learningRate() {
    return updaterBlocks().stream()
        .map(block -> block.getGradientUpdater().getConfig())
        .filter(IUpdater::hasLearningRate)
        .mapToDouble(u -> u.getLearningRate(graph.getIterationCount(), graph.getEpochCount()))
        .findFirst()
        .orElse(Double.NaN);
  }

  /** The flat parameters' native memory, [parameterCount]. */
  public FloatBuffer parameterBuffer() {
    return FlatVectors.view(graph.params());
  }

  /** The updater state's native memory; empty for updaters without one. */
  public FloatBuffer updaterStateBuffer() {
    INDArray state = graph.getUpdater().getStateViewArray();
    return state == null ? FloatBuffer.allocate(0) : FlatVectors.view(state);
  }

  private List<UpdaterBlock> updaterBlocks() {
    return graph.getUpdater().getUpdaterBlocks();
  }

  /**
   * Turns the flat gradient, summed over {@code globalExamples} examples, into the update that the
   * graph's settings ask for and takes it off the parameters. What the flat gradient holds then is
   * not defined.
   */
  public void apply(int globalExamples) {
    int step = graph.getIterationCount();
    int epoch = graph.getEpochCount();
    if (clip != null) {
      clip.apply(flatGradient.values(), globalExamples);
    }
    if (layerwise != null) {
      layerwise.apply(step, epoch, globalExamples);
    } else if (fused != null) {
      fused.apply(step, epoch, globalExamples);
    } else {
      graph
          .getUpdater()
          .update(gradient, step, epoch, globalExamples, LayerWorkspaceMgr.noWorkspacesImmutable());
      graph.params().subi(graph.getFlattenedGradients());
      graph.applyConstraints(step, epoch);
    }
    graph.getConfiguration().setIterationCount(step + 1);
  }

  /**
   * Moves the average of the parameters, where one is kept, after steps that end with equal ones.
   */
  public void followParameters(int steps) {
    if (average != null) {
      int step = graph.getIterationCount();
      average.follow(parameterBuffer(), step - steps, step);
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
      parameterBuffer().put(average.values());
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
    before.restoreTo(graph);
    FloatBuffer saved = average == null ? parameterBuffer() : FloatBuffer.wrap(average.values());
    batchStatistics.putInto(saved, statistics);
  }

  /** By layer, what the last update was scaled by in LARS or LAMB; empty for other rules. */
  public Map<String, Double> trustRatios() {
    return layerwise == null ? Map.of() : layerwise.trustRatios();
  }

  /** Frees the plan's native memory. */
  @Override
  public void close() {
    plan.close();
  }
}

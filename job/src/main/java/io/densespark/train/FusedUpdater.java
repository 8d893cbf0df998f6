package io.densespark.train;

import io.densespark.engine.DeviceUpdate;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.L2Regularization;

/**
 * The update that DL4J's own updater would make, in one pass over the flat vectors: gradient
 * divided by the examples, L2 regularisation, update rule, parameters. DL4J makes it in several
 * native operations for each run of parameters between two batch norms, which moves every value
 * through memory many times and costs more to call than to compute.
 *
 * <p>Settings, parameters and state stay DL4J's: its flat vectors are read and written in place.
 * Results differ from DL4J's by rounding only, where its native library fuses a multiply and an
 * add.
 */
final class FusedUpdater {

  /** Values of a vector that are worked on at a time: they stay in the first-level cache. */
  private static final int TILE = 2048;

  private static final int MOST_STATE_VECTORS = 2;

  /**
   * A run of parameters that are updated alike.
   *
   * @param start first parameter
   * @param end after the last parameter
   * @param state where the state of the first parameter lies
   * @param stateStride from one vector of state to the next
   * @param statistics whether it is running statistics of batch norm
   * @param divided whether the gradient is a sum over examples
   * @param l2 coefficient of L2 regularisation; null for none
   */
  private record Segment(
      int start,
      int end,
      int state,
      int stateStride,
      UpdateRule rule,
      boolean statistics,
      boolean divided,
      L2Regularization l2) {

    /** This segment with the one after it, which must lie in the same block. */
    Optional<Segment> and(Segment next) {
      boolean alike =
          end == next.start
              && rule == next.rule
              && stateStride == next.stateStride
              && state + (end - start) == next.state
              && statistics == next.statistics
              && divided == next.divided
              && (l2 == null ? next.l2 == null : l2.equals(next.l2));
      return alike
          ? Optional.of(
              new Segment(start, next.end, state, stateStride, rule, statistics, divided, l2))
          : Optional.empty();
    }

    double l2(int step, int epoch) {
      return l2 == null ? 0 : l2.getL2().valueAt(step, epoch);
    }

    DeviceUpdate.Run onDevice(int step, int epoch) {
      return new DeviceUpdate.Run(
          start,
          end,
          state,
          stateStride,
          rule.onDevice(),
          rule.coefficients(),
          divided,
          !statistics,
          l2(step, epoch),
          0);
    }
  }

  private final ComputationGraph graph;
  private final List<UpdateRule> rules;
  private final List<Segment> segments;

  private final float[] gradients = new float[TILE];
  private final float[] parameters = new float[TILE];
  private final float[][] state = new float[MOST_STATE_VECTORS][TILE];

  private FusedUpdater(ComputationGraph graph, List<UpdateRule> rules, List<Segment> segments) {
    this.graph = graph;
    this.rules = rules;
    this.segments = segments;
  }

  /**
   * The updater of a graph; empty if it asks for something that only DL4J's own does.
   *
   * @param momentumCorrection see {@link UpdateConfig}
   */
  static Optional<FusedUpdater> of(ComputationGraph graph, boolean momentumCorrection) {
    if (graph.params().dataType() != DataType.FLOAT || isConstrained(graph)) {
      return Optional.empty();
    }
    List<UpdateRule> rules = new ArrayList<>();
    List<Segment> segments = new ArrayList<>();
    for (ParameterRange range : ParameterRange.of(graph)) {
      Optional<UpdateRule> rule = rule(range.updater(), momentumCorrection, rules);
      if (rule.isEmpty() || !range.plain()) {
        return Optional.empty();
      }
      add(
          segments,
          new Segment(
              range.start(),
              range.end(),
              range.state(),
              range.stateStride(),
              rule.get(),
              range.statistics(),
              range.divided(),
              range.l2()));
    }
    return Optional.of(new FusedUpdater(graph, rules, segments));
  }

  /** Layers of equal settings share a rule, so that a schedule is asked once a step. */
  private static Optional<UpdateRule> rule(
      IUpdater config, boolean momentumCorrection, List<UpdateRule> rules) {
    for (UpdateRule rule : rules) {
      if (rule.config.equals(config)) {
        return Optional.of(rule);
      }
    }
    Optional<UpdateRule> made = UpdateRule.of(config, momentumCorrection);
    made.ifPresent(rules::add);
    return made;
  }

  private static void add(List<Segment> segments, Segment next) {
    if (next.start == next.end) {
      return;
    }
    int last = segments.size() - 1;
    Optional<Segment> both = last < 0 ? Optional.empty() : segments.get(last).and(next);
    if (both.isPresent()) {
      segments.set(last, both.get());
    } else {
      segments.add(next);
    }
  }

  private static boolean isConstrained(ComputationGraph graph) {
    for (org.deeplearning4j.nn.api.Layer layer : graph.getLayers()) {
      var constraints = layer.conf().getLayer().getConstraints();
      if (constraints != null && !constraints.isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** Updates parameters and state from the flat gradient, which is left as it is. */
  void apply(int step, int epoch, int examples) {
    for (UpdateRule rule : rules) {
      rule.beginStep(step, epoch);
    }
    FloatBuffer allGradients = FlatVectors.view(graph.getFlattenedGradients());
    FloatBuffer allParameters = FlatVectors.view(graph.params());
    INDArray stateVector = graph.getUpdater().getStateViewArray();
    FloatBuffer allState = stateVector == null ? null : FlatVectors.view(stateVector);
    for (Segment segment : segments) {
      float l2 = (float) segment.l2(step, epoch);
      for (int start = segment.start; start < segment.end; start += TILE) {
        int n = Math.min(TILE, segment.end - start);
        allGradients.get(start, gradients, 0, n);
        allParameters.get(start, parameters, 0, n);
        if (segment.divided) {
          divide(gradients, examples, n);
        }
        if (l2 != 0) {
          addScaled(gradients, l2, parameters, n);
        }
        int stateStart = segment.state + start - segment.start;
        for (int k = 0; k < segment.rule.stateVectors(); k++) {
          allState.get(stateStart + k * segment.stateStride, state[k], 0, n);
        }
        segment.rule.toUpdate(gradients, state, n);
        for (int k = 0; k < segment.rule.stateVectors(); k++) {
          allState.put(stateStart + k * segment.stateStride, state[k], 0, n);
        }
        subtract(parameters, gradients, n);
        allParameters.put(start, parameters, 0, n);
      }
    }
  }

  /** The update as devices make it, with the same bits but for what the clip's norm rounds. */
  DeviceUpdate onDevice(int step, int epoch, int examples, double clipNorm) {
    for (UpdateRule rule : rules) {
      rule.beginStep(step, epoch);
    }
    return new DeviceUpdate(
        segments.stream().map(segment -> segment.onDevice(step, epoch)).toList(),
        examples,
        clipNorm);
  }

  private static void divide(float[] values, float divisor, int n) {
    for (int i = 0; i < n; i++) {
      values[i] /= divisor;
    }
  }

  private static void addScaled(float[] values, float scale, float[] others, int n) {
    for (int i = 0; i < n; i++) {
      values[i] += scale * others[i];
    }
  }

  private static void subtract(float[] values, float[] others, int n) {
    for (int i = 0; i < n; i++) {
      values[i] -= others[i];
    }
  }
}

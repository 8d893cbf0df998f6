package io.densespark.sync.rank;

import io.densespark.sync.tree.Companions;
import io.densespark.sync.tree.Part;
import io.densespark.sync.tree.RankRange;
import io.densespark.train.FlatVectors;
import io.densespark.train.GradientNoise;
import io.densespark.train.RankState;
import io.densespark.train.StepMetrics;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Local SGD (Stich, "Local SGD Converges Fast and Communicates Little", ICLR 2019): each rank steps
 * alone and after every k steps, and at the end of the epoch, parameters and updater state are
 * averaged, weighted by the examples used since the last average. A slot's ranks do their k steps
 * one after another, each from the last average. Where the updater state is not averaged, each rank
 * goes on with its own; that of the model is then rank 0's.
 */
public final class ParameterAveraging extends StepLoop {

  /** By rank but the last, whose vectors are the replica's: where it has got to. */
  private final List<float[]> parameters = new ArrayList<>();

  /** The same; of all ranks where they are not averaged. */
  private final List<float[]> updaterStates = new ArrayList<>();

  /**
   * @param progress shown all steps of the epoch so far after each of them
   */
  public ParameterAveraging(Epoch epoch, Consumer<List<StepMetrics>> progress) {
    super(epoch, progress);
    for (int i = 0; i < ranks.size() - 1; i++) {
      parameters.add(new float[replica.parameterBuffer().capacity()]);
    }
    int kept = work.averageUpdater() ? ranks.size() - 1 : ranks.size();
    for (int i = 0; i < kept; i++) {
      float[] state = new float[replica.updaterStateBuffer().capacity()];
      updaterStates.add(state);
      if (epoch.rankStates().isEmpty()) {
        replica.updaterStateBuffer().get(state);
      } else {
        int rank = ranks.get(i).rank();
        System.arraycopy(epoch.rankStates().get(rank).values(), 0, state, 0, state.length);
      }
    }
  }

  @Override
  public List<RankState> rankStates() {
    return work.averageUpdater()
        ? List.of()
        : updaterStates.stream().map(state -> new RankState(state.clone())).toList();
  }

  @Override
  int roundSteps(int from) {
    int steps = counts.stepsPerEpoch();
    long warmupSteps = Math.round(work.averagingWarmupEpochs() * steps);
    return (long) work.epoch() * steps + from < warmupSteps ? 1 : work.averagingFrequency();
  }

  @Override
  double round(int from, int to) {
    slot.commitCopy(from);
    double[][] lossSums = new double[ranks.size()][to - from];
    double[] learningRates = new double[to - from];
    Cost[] costs = new Cost[to - from];
    Arrays.fill(costs, Cost.NONE);
    for (int i = 0; i < ranks.size(); i++) {
      if (i > 0) {
        slot.consistentState().restoreTo(replica.graph());
      }
      if (!work.averageUpdater()) {
        replica.updaterStateBuffer().put(updaterStates.get(i));
      }
      Turn ofNext = i + 1 < ranks.size() ? turn(i + 1, from) : turn(0, to);
      for (int step = from; step < to; step++) {
        Turn next = step + 1 < to ? turn(i, step + 1) : ofNext;
        lossSums[i][step - from] = localGradient(turn(i, step), next);
        learningRates[step - from] = replica.learningRate();
        step(counts.examplesAt(ranks.get(i).rank(), step));
        costs[step - from] = costs[step - from].and(cost());
      }
      if (i < ranks.size() - 1) {
        FlatVectors.copy(replica.graph().params(), parameters.get(i));
      }
      if (i < updaterStates.size()) {
        replica.updaterStateBuffer().get(updaterStates.get(i));
      }
    }
    double[] losses = lossesOverRanks(lossSums, from);
    for (double loss : losses) {
      if (!Double.isFinite(loss)) {
        return loss;
      }
    }
    average(from, to);
    followParameters(to - from);
    for (int step = from; step < to; step++) {
      int i = step - from;
      record(
          step,
          losses[i],
          learningRates[i],
          GradientNoise.NONE,
          step == to - 1 ? costs[i].and(cost()) : costs[i]);
    }
    slot.commit(to);
    return losses[losses.length - 1];
  }

  private void step(int examples) {
    if (examples > 0) {
      apply(examples);
    } else {
      // The global step goes on for everyone: the learning rate follows it.
      replica.skipStep();
    }
  }

  private void average(int from, int to) {
    collective.mean(
        parts(parameters, replica.parameterBuffer(), from, to), replica.parameterBuffer());
    if (!work.averageUpdater()) {
      replica.updaterStateBuffer().put(updaterStates.get(0));
    } else if (replica.updaterStateBuffer().hasRemaining()) {
      collective.mean(
          parts(updaterStates, replica.updaterStateBuffer(), from, to),
          replica.updaterStateBuffer());
    }
  }

  private List<Part> parts(List<float[]> kept, FloatBuffer ofLast, int from, int to) {
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < ranks.size(); i++) {
      int rank = ranks.get(i).rank();
      long examples = 0;
      for (int step = from; step < to; step++) {
        examples += counts.examplesAt(rank, step);
      }
      FloatBuffer values = i < kept.size() ? FloatBuffer.wrap(kept.get(i)) : ofLast;
      parts.add(new Part(RankRange.of(rank), values, Companions.of(examples)));
    }
    return parts;
  }

  /** By step, the mean loss over all examples; sums are added in the order of ranks. */
  private double[] lossesOverRanks(double[][] lossSums, int from) {
    int steps = lossSums[0].length;
    ByteBuffer mine = ByteBuffer.allocate(lossSums.length * steps * Double.BYTES);
    for (double[] ofRank : lossSums) {
      mine.asDoubleBuffer().put(ofRank);
      mine.position(mine.position() + steps * Double.BYTES);
    }
    double[] losses = new double[steps];
    for (byte[] one : collective.allGather(mine.array())) {
      ByteBuffer theirs = ByteBuffer.wrap(one);
      while (theirs.hasRemaining()) {
        for (int i = 0; i < steps; i++) {
          losses[i] += theirs.getDouble();
        }
      }
    }
    for (int i = 0; i < steps; i++) {
      losses[i] /= counts.globalExamplesAt(from + i);
    }
    return losses;
  }
}

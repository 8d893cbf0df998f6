package io.densespark.train;

import io.densespark.engine.DeviceUpdate;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * How DL4J turns a gradient into an update, on runs of plain floats. Each rule computes in float32
 * what the operation of the same name in DL4J's native library does, term by term and without fused
 * multiply-adds, so that its bits are the same on every processor.
 */
abstract sealed class UpdateRule {

  final IUpdater config;
  private final int stateVectors;

  private UpdateRule(IUpdater config, int stateVectors) {
    this.config = config;
    this.stateVectors = stateVectors;
  }

  /**
   * The rule for DL4J's settings of an updater; empty for updaters that have none here.
   *
   * @param momentumCorrection see {@link UpdateConfig}
   */
  static Optional<UpdateRule> of(IUpdater config, boolean momentumCorrection) {
    // By class: a subclass may compute something else.
    if (config.getClass() == NoOp.class) {
      return Optional.of(new Unchanged(config));
    } else if (config.getClass() == Sgd.class) {
      return Optional.of(new Plain(config));
    } else if (config.getClass() == Nesterovs.class) {
      return Optional.of(new Momentum((Nesterovs) config, momentumCorrection));
    } else if (config.getClass() == Adam.class) {
      return Optional.of(new Moments((Adam) config));
    }
    return Optional.empty();
  }

  /** How many values of state there are for a parameter. */
  final int stateVectors() {
    return stateVectors;
  }

  /** The same for devices: its name and, after {@link #beginStep}, its coefficients. */
  abstract DeviceUpdate.Rule onDevice();

  abstract List<Float> coefficients();

  /** Takes what schedules give for a step, before its first {@link #toUpdate}. */
  abstract void beginStep(int step, int epoch);

  /**
   * Turns gradients into updates, and state into the state of the next step, in place.
   *
   * @param values the gradients, [at least n]
   * @param state {@link #stateVectors} vectors, [at least n] each
   */
  abstract void toUpdate(float[] values, float[][] state, int n);

  /** The gradient is the update: batch norm's running statistics. */
  private static final class Unchanged extends UpdateRule {
    Unchanged(IUpdater config) {
      super(config, 0);
    }

    @Override
    void beginStep(int step, int epoch) {}

    @Override
    DeviceUpdate.Rule onDevice() {
      return DeviceUpdate.Rule.UNCHANGED;
    }

    @Override
    List<Float> coefficients() {
      return List.of();
    }

    @Override
    void toUpdate(float[] values, float[][] state, int n) {}
  }

  /** Stochastic gradient descent without momentum. */
  private static final class Plain extends UpdateRule {
    private float rate;

    Plain(IUpdater config) {
      super(config, 0);
    }

    @Override
    void beginStep(int step, int epoch) {
      rate = (float) config.getLearningRate(step, epoch);
    }

    @Override
    DeviceUpdate.Rule onDevice() {
      return DeviceUpdate.Rule.SGD;
    }

    @Override
    List<Float> coefficients() {
      return List.of(rate);
    }

    @Override
    void toUpdate(float[] values, float[][] state, int n) {
      for (int i = 0; i < n; i++) {
        values[i] *= rate;
      }
    }
  }

  /**
   * Nesterov's momentum in the form of Bengio et al., "Advances in optimizing recurrent networks",
   * ICASSP 2013: {@code v' = m v - rate g}, {@code update = m v - (1 + m) v'}, taken off.
   *
   * <p>The velocity holds the rates of the steps behind it. Corrected, it is first scaled by this
   * step's rate over the last one's: then it is what it would be had the rate been this one all
   * along (Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.1).
   */
  private static final class Momentum extends UpdateRule {
    private final Nesterovs nesterovs;
    private final boolean corrected;
    private float rate;
    private float momentum;
    private float ofOld;

    Momentum(Nesterovs config, boolean corrected) {
      super(config, 1);
      this.nesterovs = config;
      this.corrected = corrected;
    }

    @Override
    void beginStep(int step, int epoch) {
      rate = (float) nesterovs.getLearningRate(step, epoch);
      momentum = (float) nesterovs.currentMomentum(step, epoch);
      ofOld = momentum;
      // The rate is a function of the step alone. After a rate of 0 there is no velocity to scale.
      double last = corrected && step > 0 ? nesterovs.getLearningRate(step - 1, epoch) : 0;
      if (last > 0) {
        ofOld = (float) (momentum * (nesterovs.getLearningRate(step, epoch) / last));
      }
    }

    @Override
    DeviceUpdate.Rule onDevice() {
      return DeviceUpdate.Rule.NESTEROV;
    }

    @Override
    List<Float> coefficients() {
      return List.of(rate, ofOld, -momentum - 1);
    }

    @Override
    void toUpdate(float[] values, float[][] state, int n) {
      float r = rate;
      float m = ofOld;
      float ofNew = -momentum - 1;
      float[] velocity = state[0];
      for (int i = 0; i < n; i++) {
        float old = m * velocity[i];
        float fresh = old - r * values[i];
        velocity[i] = fresh;
        values[i] = old + ofNew * fresh;
      }
    }
  }

  /**
   * Adam: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, section 2's
   * efficient order of computation. State: first moments, then second moments.
   */
  private static final class Moments extends UpdateRule {
    private final Adam adam;
    private float rate;

    Moments(Adam config) {
      super(config, 2);
      this.adam = config;
    }

    @Override
    void beginStep(int step, int epoch) {
      float beta1Power = (float) Math.pow((float) adam.getBeta1(), step + 1.0);
      float beta2Power = (float) Math.pow((float) adam.getBeta2(), step + 1.0);
      float root = (float) Math.sqrt((float) (1.0 - beta2Power));
      rate = (float) ((float) adam.getLearningRate(step, epoch) * root / (1.0 - beta1Power));
      // As DL4J does: a rate of zero would stop training for good.
      if (rate == 0 || !Float.isFinite(rate)) {
        rate = (float) adam.getEpsilon();
      }
    }

    @Override
    DeviceUpdate.Rule onDevice() {
      return DeviceUpdate.Rule.ADAM;
    }

    @Override
    List<Float> coefficients() {
      return List.of(
          rate, (float) adam.getBeta1(), (float) adam.getBeta2(), (float) adam.getEpsilon());
    }

    @Override
    void toUpdate(float[] values, float[][] state, int n) {
      float r = rate;
      float beta1 = (float) adam.getBeta1();
      float beta2 = (float) adam.getBeta2();
      float epsilon = (float) adam.getEpsilon();
      float[] first = state[0];
      float[] second = state[1];
      for (int i = 0; i < n; i++) {
        float g = values[i];
        float m = beta1 * first[i] + g * (1 - beta1);
        float v = beta2 * second[i] + g * g * (1 - beta2);
        first[i] = m;
        second[i] = v;
        values[i] = m * r / ((float) Math.sqrt(v) + epsilon);
      }
    }
  }
}

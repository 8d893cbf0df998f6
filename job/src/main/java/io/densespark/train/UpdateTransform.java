package io.densespark.train;

import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;

/**
 * A link of the chain that makes an update of a mean gradient, on one parameter of a layer. Each
 * changes the update in place and reads or moves the state, in float32 but for norms, which are
 * added in double.
 */
sealed interface UpdateTransform {

  /** Of what has no ratio. */
  double NO_RATIO = Double.NaN;

  /**
   * What a link may look at.
   *
   * @param n values
   * @param weights [at least n], before the update
   * @param state vectors of state, [at least n] each, changed in place
   * @param decay coefficient of weight decay; 0: none
   * @param step global steps done before
   * @param epoch epochs done before
   */
  record Scope(int n, float[] weights, float[][] state, double decay, int step, int epoch) {}

  /** Whether biases and batch norm go past it. */
  default boolean forWeightsOnly() {
    return false;
  }

  /** Changes the update, [at least n]; returns the trust ratio, or {@link #NO_RATIO}. */
  double apply(float[] update, Scope scope);

  /**
   * LARS (You, Gitman and Ginsburg, "Large Batch Training of Convolutional Networks", 2017) in the
   * form of MLPerf's reference, {@code lars_optimizer.py}: {@code u = ratio (g + decay w)}, {@code
   * ratio = coefficient ‖w‖ / (‖g‖ + decay ‖w‖)}, 1 where a norm is 0.
   */
  record LarsRatio(double coefficient) implements UpdateTransform {
    @Override
    public boolean forWeightsOnly() {
      return true;
    }

    @Override
    public double apply(float[] update, Scope scope) {
      double ofWeights = norm(scope.weights(), scope.n());
      double ofGradient = norm(update, scope.n());
      double ratio =
          ofWeights > 0 && ofGradient > 0
              ? coefficient * ofWeights / (ofGradient + scope.decay() * ofWeights)
              : 1;
      float scale = (float) ratio;
      float decay = (float) scope.decay();
      for (int i = 0; i < scope.n(); i++) {
        update[i] = scale * (update[i] + decay * scope.weights()[i]);
      }
      return ratio;
    }
  }

  /** Momentum with the rate inside, without Nesterov's look ahead: {@code v = m v - rate u}. */
  record Velocity(Nesterovs settings) implements UpdateTransform {
    @Override
    public double apply(float[] update, Scope scope) {
      float rate = (float) settings.getLearningRate(scope.step(), scope.epoch());
      float momentum = (float) settings.currentMomentum(scope.step(), scope.epoch());
      float[] velocity = scope.state()[0];
      for (int i = 0; i < scope.n(); i++) {
        velocity[i] = momentum * velocity[i] - rate * update[i];
        update[i] = -velocity[i];
      }
      return NO_RATIO;
    }
  }

  /** Adam's direction with its moments freed of their bias, before the rate. */
  record AdamDirection(Adam settings) implements UpdateTransform {

    /** What a mean that started at 0 is too small by. */
    static float bias(double beta, int step) {
      return (float) (1 - Math.pow(beta, step + 1.0));
    }

    @Override
    public double apply(float[] update, Scope scope) {
      float beta1 = (float) settings.getBeta1();
      float beta2 = (float) settings.getBeta2();
      float epsilon = (float) settings.getEpsilon();
      float bias1 = bias(settings.getBeta1(), scope.step());
      float bias2 = bias(settings.getBeta2(), scope.step());
      float[] first = scope.state()[0];
      float[] second = scope.state()[1];
      for (int i = 0; i < scope.n(); i++) {
        float g = update[i];
        first[i] = beta1 * first[i] + (1 - beta1) * g;
        second[i] = beta2 * second[i] + (1 - beta2) * g * g;
        update[i] = first[i] / bias1 / ((float) Math.sqrt(second[i] / bias2) + epsilon);
      }
      return NO_RATIO;
    }
  }

  /** Decoupled weight decay: {@code u + decay w}. */
  record Decay() implements UpdateTransform {
    @Override
    public boolean forWeightsOnly() {
      return true;
    }

    @Override
    public double apply(float[] update, Scope scope) {
      float decay = (float) scope.decay();
      for (int i = 0; i < scope.n(); i++) {
        update[i] += decay * scope.weights()[i];
      }
      return NO_RATIO;
    }
  }

  /**
   * LAMB (You et al., "Large Batch Optimization for Deep Learning", ICLR 2020), without a clip of
   * the weights' norm, as TensorFlow Addons has it: {@code u ‖w‖ / ‖u‖}, u where a norm is 0.
   */
  record LambRatio() implements UpdateTransform {
    @Override
    public boolean forWeightsOnly() {
      return true;
    }

    @Override
    public double apply(float[] update, Scope scope) {
      double ofWeights = norm(scope.weights(), scope.n());
      double ofUpdate = norm(update, scope.n());
      double ratio = ofWeights > 0 && ofUpdate > 0 ? ofWeights / ofUpdate : 1;
      scale(update, (float) ratio, scope.n());
      return ratio;
    }
  }

  /** Times the learning rate. */
  record Rate(IUpdater settings) implements UpdateTransform {
    @Override
    public double apply(float[] update, Scope scope) {
      float rate = (float) settings.getLearningRate(scope.step(), scope.epoch());
      scale(update, rate, scope.n());
      return NO_RATIO;
    }
  }

  private static void scale(float[] values, float scale, int n) {
    for (int i = 0; i < n; i++) {
      values[i] *= scale;
    }
  }

  private static double norm(float[] values, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += (double) values[i] * values[i];
    }
    return Math.sqrt(sum);
  }
}

package io.densespark.engine.graph;

import io.densespark.engine.graph.Activation.Function;
import java.util.Optional;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU6;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.activations.impl.ActivationTanH;

/** Reads DL4J's activation functions. */
final class Activations {
  /** The factor of the sigmoid approximation of GELU (Hendrycks and Gimpel, 2016). */
  private static final float FAST_GELU = 1.702f;

  private Activations() {}

  /** The function, or nothing for the identity. */
  static Optional<Activation> read(String vertex, IActivation function) {
    if (function == null || function instanceof ActivationIdentity) {
      return Optional.empty();
    }
    if (function instanceof ActivationReLU) {
      return Optional.of(Activation.RELU);
    }
    if (function instanceof ActivationLReLU leaky) {
      return Optional.of(new Activation(Function.LEAKY_RELU, (float) leaky.getAlpha()));
    }
    if (function instanceof ActivationReLU6) {
      return Optional.of(new Activation(Function.BOUNDED_RELU, 6));
    }
    if (function instanceof ActivationELU elu) {
      if (elu.getAlpha() != 1) {
        throw GraphReader.refuse(
            vertex,
            "ELU with alpha " + elu.getAlpha() + " (DL4J's gradient of it is not its derivative)",
            "alpha 1");
      }
      return Optional.of(new Activation(Function.ELU, 1));
    }
    if (function instanceof ActivationSigmoid) {
      return Optional.of(Activation.of(Function.SIGMOID));
    }
    if (function instanceof ActivationTanH) {
      return Optional.of(Activation.of(Function.TANH));
    }
    if (function instanceof ActivationSoftPlus) {
      return Optional.of(Activation.of(Function.SOFTPLUS));
    }
    if (function instanceof ActivationSwish) {
      return Optional.of(new Activation(Function.SWISH, 1));
    }
    if (function instanceof ActivationGELU gelu) {
      if (gelu.isPrecise()) {
        throw GraphReader.refuse(
            vertex, "precise GELU (DL4J cubes its constant, nobody else does)", "GELU(false)");
      }
      return Optional.of(new Activation(Function.SWISH, FAST_GELU));
    }
    throw GraphReader.refuse(
        vertex,
        "activation " + function,
        "identity, relu, relu6, leaky relu, elu, sigmoid, tanh, softplus, swish and gelu");
  }
}

package io.densespark.engine.onednn;

import io.densespark.engine.graph.Activation;
import org.bytedeco.dnnl.global.dnnl.algorithm;

/** An activation in oneDNN's terms. */
record Eltwise(algorithm algorithm, float alpha) {
  static Eltwise of(Activation activation) {
    algorithm algorithm =
        switch (activation.function()) {
          case RELU, LEAKY_RELU -> org.bytedeco.dnnl.global.dnnl.algorithm.eltwise_relu;
          case BOUNDED_RELU -> org.bytedeco.dnnl.global.dnnl.algorithm.eltwise_bounded_relu;
          case ELU -> org.bytedeco.dnnl.global.dnnl.algorithm.eltwise_elu;
          case SIGMOID -> org.bytedeco.dnnl.global.dnnl.algorithm.eltwise_logistic;
          case TANH -> org.bytedeco.dnnl.global.dnnl.algorithm.eltwise_tanh;
          case SOFTPLUS -> org.bytedeco.dnnl.global.dnnl.algorithm.eltwise_soft_relu;
          case SWISH -> org.bytedeco.dnnl.global.dnnl.algorithm.eltwise_swish;
          case SCALE -> org.bytedeco.dnnl.global.dnnl.algorithm.eltwise_linear;
        };
    return new Eltwise(algorithm, activation.alpha());
  }
}

package io.densespark.engine;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;

/** Turns a DL4J graph configuration into something that computes gradients and predictions. */
public interface Engine {

  /** The name by which settings choose this engine: {@code onednn} or {@code nd4j}. */
  String name();

  /**
   * Compiles a graph for one batch size and thread count. Call this on the thread that will run the
   * plan: native thread counts are fixed here.
   *
   * @throws UnsupportedGraphException when the graph holds a layer or setting that this engine does
   *     not compute, naming it
   * @throws EngineUnavailableException when this machine cannot run the engine at all, with the
   *     reason
   */
  Plan compile(ComputationGraphConfiguration graph, PlanConfig config);
}

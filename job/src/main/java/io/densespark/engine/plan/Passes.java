package io.densespark.engine.plan;

import io.densespark.engine.PlanConfig.Purpose;
import io.densespark.engine.graph.Graph;
import io.densespark.engine.plan.PlanOptions.Optimization;

/** The rewrites of a graph, in the order in which they help each other. */
public final class Passes {
  private Passes() {}

  /** The graph as it is to be lowered for a purpose. */
  public static Graph apply(Graph graph, Purpose purpose, PlanOptions options) {
    Graph result = graph;
    if (purpose == Purpose.INFERENCE) {
      result = Rewrites.dropDropout(result);
    }
    if (options.uses(Optimization.FUSE_NORM_RELU)) {
      result = Rewrites.fuseNormRelu(result);
    }
    if (options.uses(Optimization.POOL_BEFORE_POINTWISE)) {
      result = PoolBeforePointwise.apply(result);
    }
    if (purpose == Purpose.INFERENCE && options.uses(Optimization.FOLD_NORM)) {
      result = Rewrites.foldNorm(result);
      result = Rewrites.foldActivation(result);
    }
    return result;
  }
}

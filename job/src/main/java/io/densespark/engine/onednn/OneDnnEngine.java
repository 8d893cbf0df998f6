package io.densespark.engine.onednn;

import io.densespark.engine.Engine;
import io.densespark.engine.EngineConfig.Choice;
import io.densespark.engine.EngineConfig.Precision;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.graph.Graph;
import io.densespark.engine.graph.GraphReader;
import io.densespark.engine.graph.Shape;
import io.densespark.engine.plan.PlanOptions;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;

/** Compiles graphs to oneDNN primitives. */
public final class OneDnnEngine implements Engine {
  private final PlanOptions options;

  /** An engine with every optimisation. */
  public OneDnnEngine() {
    this(PlanOptions.all());
  }

  /** An engine with chosen optimisations. */
  public OneDnnEngine(PlanOptions options) {
    this.options = options;
  }

  @Override
  public Choice choice() {
    return Choice.ONEDNN;
  }

  @Override
  public Plan compile(ComputationGraphConfiguration configuration, PlanConfig config) {
    Library library = Library.load();
    if (config.engine().precision() == Precision.BF16) {
      library.requireBfloat16();
    }
    Graph graph =
        GraphReader.read(
            configuration, new Shape.Image(config.channels(), config.height(), config.width()));
    return new OneDnnPlan(library, graph, config, options);
  }
}

package io.densespark.engine.cuda;

import io.densespark.engine.Engine;
import io.densespark.engine.EngineConfig.Choice;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.graph.Graph;
import io.densespark.engine.graph.GraphReader;
import io.densespark.engine.graph.Shape;
import java.util.Optional;
import java.util.function.Supplier;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;

/** Compiles graphs to kernels of an NVIDIA GPU. */
public final class CudaEngine implements Engine {

  /** Where this process has the libraries from; another place in tests of the whole job. */
  static volatile Supplier<Libraries> ofProcess = CudaEngine::load;

  /** This machine's libraries, once they were loaded. */
  private static Libraries loaded;

  private final Supplier<Libraries> libraries;

  /** The engine on the libraries of this machine. */
  public CudaEngine() {
    this(() -> ofProcess.get());
  }

  CudaEngine(Supplier<Libraries> libraries) {
    this.libraries = libraries;
  }

  private static synchronized Libraries load() {
    if (loaded == null) {
      loaded = Libraries.load(Libraries.DRIVERS, Libraries.COMPILERS);
    }
    return loaded;
  }

  @Override
  public Choice choice() {
    return Choice.CUDA;
  }

  @Override
  public Optional<String> caution() {
    return Optional.of(
        "The engine cuda has never run on a GPU: its kernels were tested on a CPU alone. Compare its"
            + " results with those of engine.name = onednn");
  }

  @Override
  public boolean needsDevice() {
    return true;
  }

  @Override
  public Plan compile(ComputationGraphConfiguration configuration, PlanConfig config) {
    Graph graph =
        GraphReader.read(
            configuration, new Shape.Image(config.channels(), config.height(), config.width()));
    return new CudaPlan(libraries.get(), graph, config);
  }
}

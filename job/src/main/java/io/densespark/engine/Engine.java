package io.densespark.engine;

import io.densespark.settings.CanonicalText;
import java.util.Optional;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;

/**
 * Turns a DL4J graph configuration into something that computes gradients and predictions. Engines
 * are providers for {@link java.util.ServiceLoader}, so they have a public constructor without
 * arguments, which must not load native code.
 */
public interface Engine {

  /** The setting that asks for this engine; never {@code AUTO}. */
  EngineConfig.Choice choice();

  /** The name by which settings and messages call this engine, as {@code onednn}. */
  default String name() {
    return CanonicalText.of(choice());
  }

  /**
   * What whoever has it compute is told. Engines that have such a thing to say compute only where
   * the settings name them, never for {@code AUTO}.
   */
  default Optional<String> caution() {
    return Optional.empty();
  }

  /** Whether it computes on a device, and so refuses a configuration that names none. */
  default boolean needsDevice() {
    return false;
  }

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

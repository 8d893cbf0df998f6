package io.densespark.engine;

import io.densespark.settings.CanonicalText;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the engine that the settings ask for, among those that {@link ServiceLoader} finds.
 *
 * <p>{@code auto} tries the engines from the fastest to the reference and takes the first that
 * compiles the graph; why a faster one was passed over is logged as a warning, once per JVM and
 * reason, as is what engines want to be known of them. Those are not tried. An engine asked for by
 * name computes or refuses, never falls back.
 */
public final class Engines {

  private static final Logger LOG = LoggerFactory.getLogger(Engines.class);
  private static final Engines AVAILABLE = new Engines(ofThisBuild(), LOG::warn);

  private final List<Engine> fastestFirst;
  private final Consumer<String> warning;
  private final Set<String> warned = ConcurrentHashMap.newKeySet();

  Engines(List<Engine> fastestFirst, Consumer<String> warning) {
    this.fastestFirst = List.copyOf(fastestFirst);
    this.warning = warning;
  }

  /**
   * Compiles with the engine that {@code config.engine()} asks for. Call this on the thread that
   * will run the plan.
   *
   * @throws UnsupportedGraphException when no engine allowed by the choice computes this graph
   * @throws EngineUnavailableException when no engine allowed by the choice runs on this machine at
   *     the precision asked for
   */
  public static Plan compile(ComputationGraphConfiguration graph, PlanConfig config) {
    return AVAILABLE.compileAsChosen(graph, config);
  }

  /** Whether the engine of this name needs a device; {@code auto} can do without. */
  public static boolean needsDevice(String name) {
    return AVAILABLE.fastestFirst.stream()
        .anyMatch(engine -> engine.needsDevice() && engine.name().equals(name));
  }

  /** What is to be told of the engine of this name. */
  public static Optional<String> caution(String name) {
    return AVAILABLE.fastestFirst.stream()
        .filter(engine -> engine.name().equals(name))
        .findFirst()
        .flatMap(Engine::caution);
  }

  /** The engines on the class path of this class, wherever the calling thread looks for classes. */
  static List<Engine> ofThisBuild() {
    return ServiceLoader.load(Engine.class, Engines.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparing(Engine::choice))
        .toList();
  }

  Plan compileAsChosen(ComputationGraphConfiguration graph, PlanConfig config) {
    return switch (config.engine().choice()) {
      case AUTO -> compileWithFirstWilling(graph, config);
      case ONEDNN, ND4J, CUDA -> compile(named(config.engine().choice()), graph, config);
    };
  }

  private Plan compile(Engine engine, ComputationGraphConfiguration graph, PlanConfig config) {
    if (engine.needsDevice() && config.device() == null) {
      throw new EngineUnavailableException(
          Text.format(
              "The engine %s computes on a GPU, and Spark assigned none: set"
                  + " spark.executor.resource.gpu.amount=1 and spark.task.resource.gpu.amount=1, or"
                  + " another engine.name",
              engine.name()),
          null);
    }
    Plan plan = engine.compile(graph, config);
    engine.caution().ifPresent(this::warnOnce);
    return plan;
  }

  private Engine named(EngineConfig.Choice choice) {
    return fastestFirst.stream()
        .filter(engine -> engine.choice() == choice)
        .findFirst()
        .orElseThrow(
            () ->
                new EngineUnavailableException(
                    Text.format(
                        "The engine %s is not part of this build, which has %s; set engine.name to"
                            + " one of these or auto, or give Spark the engine's jar (--jars)",
                        CanonicalText.of(choice), fastestFirst.stream().map(Engine::name).toList()),
                    null));
  }

  private Plan compileWithFirstWilling(ComputationGraphConfiguration graph, PlanConfig config) {
    List<String> refusals = new ArrayList<>();
    RuntimeException last = null;
    for (Engine engine : fastestFirst) {
      if (engine.caution().isPresent()) {
        continue;
      }
      try {
        Plan plan = compile(engine, graph, config);
        refusals.forEach(
            refusal ->
                warnOnce(
                    Text.format(
                        "Computing on the slower engine %s, because of %s",
                        engine.name(), refusal)));
        return plan;
      } catch (UnsupportedGraphException | EngineUnavailableException refusal) {
        refusals.add(engine.name() + ": " + refusal.getMessage());
        last = refusal;
      }
    }
    throw everyEngineRefused(refusals, last);
  }

  private void warnOnce(String text) {
    if (warned.add(text)) {
      warning.accept(text);
    }
  }

  private static RuntimeException everyEngineRefused(List<String> refusals, RuntimeException last) {
    String message = "No engine can run this. " + String.join(" | ", refusals);
    if (last instanceof UnsupportedGraphException) {
      UnsupportedGraphException refused = new UnsupportedGraphException(message);
      refused.initCause(last);
      return refused;
    }
    return new EngineUnavailableException(message, last);
  }
}

package io.densespark.engine;

import io.densespark.engine.ConfinedPool.Lease;
import java.io.Serializable;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;

/** The inference plans of one JVM, kept between Spark jobs because they take seconds to compile. */
public final class InferencePlans {

  private static final ConfinedPool<Key, Plan> PLANS = new ConfinedPool<>("inference-plan");

  private InferencePlans() {}

  /**
   * What an executor needs to compile a plan. Equal keys share plans, whatever the parameters.
   *
   * @param configurationJson DL4J's configuration of the graph, without its counters
   * @param plan what the plan is compiled for
   */
  public record Key(String configurationJson, PlanConfig plan) implements Serializable {

    /** The key of a graph: DL4J's step and epoch counters do not tell plans apart. */
    public static Key of(ComputationGraphConfiguration configuration, PlanConfig plan) {
      ComputationGraphConfiguration timeless = configuration.clone();
      timeless.setIterationCount(0);
      timeless.setEpochCount(0);
      return new Key(timeless.toJson(), plan);
    }

    /** The same on a device, or on none where the address is null. */
    public Key onDevice(String address) {
      return new Key(configurationJson, plan.onDevice(address));
    }
  }

  /**
   * Borrows a plan, compiled where none is idle, for one borrower at a time; idle plans of keys
   * that differ in more than the device are closed.
   *
   * @throws UnsupportedGraphException when no engine allowed computes this graph
   * @throws EngineUnavailableException when no engine allowed runs on this machine
   */
  public static Lease<Plan> lease(Key key) throws InterruptedException {
    PLANS.retainOnly(other -> other.onDevice(null).equals(key.onDevice(null)));
    return PLANS.lease(
        key,
        () ->
            Engines.compile(
                ComputationGraphConfiguration.fromJson(key.configurationJson()), key.plan()));
  }
}

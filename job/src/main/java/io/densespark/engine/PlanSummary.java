package io.densespark.engine;

import java.io.Serializable;

/**
 * What a plan runs on and what it costs.
 *
 * @param engine name of the engine
 * @param instructionSet the processor's instruction set in use, in the engine's own words
 * @param arenaBytes native memory held by the plan, all of it; 0 where the engine does not know
 * @param compileMillis time that compilation took
 */
public record PlanSummary(
    String engine, String instructionSet, long arenaBytes, double compileMillis)
    implements Serializable {

  /** The engine and what it computes on. */
  public String computing() {
    return engine + " on " + instructionSet;
  }
}

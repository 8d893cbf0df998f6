package io.densespark.engine;

import java.io.Serializable;

/**
 * Settings of the execution engine.
 *
 * @param choice which engine computes
 * @param precision arithmetic of the convolutions; weights, statistics and updates stay float32
 */
public record EngineConfig(Choice choice, Precision precision) implements Serializable {

  /**
   * {@code AUTO} takes the first of the others, which are listed from the fastest to the reference,
   * that runs here and compiles the graph.
   */
  public enum Choice {
    AUTO,
    ONEDNN,
    ND4J
  }

  /** Precision of the convolutions' inputs. */
  public enum Precision {
    FP32,
    BF16
  }

  /** The defaults: engine {@code auto}, precision {@code fp32}. */
  public static EngineConfig defaults() {
    return new EngineConfig(Choice.AUTO, Precision.FP32);
  }
}

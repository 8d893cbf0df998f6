package io.densespark.engine;

import io.densespark.settings.CanonicalText;
import io.densespark.settings.Check;
import io.densespark.settings.Section;
import io.densespark.settings.Setting;
import java.io.Serializable;

/** Settings of the execution engine. */
@Section("engine")
public record EngineConfig(
    @Setting(value = "which engine computes; also plain: engine = auto", name = "name")
        Choice choice,
    @Setting("arithmetic of the convolutions; weights, statistics and updates stay float32")
        Precision precision)
    implements Serializable {

  /**
   * {@code AUTO} takes the first of the others, which are listed from the fastest to the reference,
   * that runs here and compiles the graph; {@code CUDA} computes only where it is named.
   */
  public enum Choice {
    AUTO,
    ONEDNN,
    ND4J,
    CUDA
  }

  /** Precision of the convolutions' inputs; {@code TF32} is that of GPUs. */
  public enum Precision {
    FP32,
    BF16,
    TF32
  }

  public EngineConfig {
    Check.values(EngineConfig.class, choice, precision)
        .refuse(
            choice == Choice.ND4J && precision == Precision.BF16,
            "this engine computes in fp32 only: use engine.name = onednn, or fp32",
            "engine.name",
            "engine.precision")
        .refuse(
            choice != Choice.CUDA && precision == Precision.TF32,
            "GPUs alone compute in tf32: use engine.name = cuda, or fp32",
            "engine.name",
            "engine.precision")
        .orThrow();
  }

  /** Whether the engine that is asked for by name needs a device. */
  public boolean needsDevice() {
    return Engines.needsDevice(CanonicalText.of(choice));
  }

  /** The defaults: engine {@code auto}, precision {@code fp32}. */
  public static EngineConfig defaults() {
    return new EngineConfig(Choice.AUTO, Precision.FP32);
  }
}

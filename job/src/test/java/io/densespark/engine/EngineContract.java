package io.densespark.engine;

/**
 * What every engine must do. A subclass supplies the engine; the interfaces hold the tests, one
 * topic each.
 */
public abstract class EngineContract
    implements LayerContract,
        CallContract,
        RefusalContract,
        GradientContract,
        BatchNormContract,
        DropoutContract,
        TrainingContract,
        RandomGraphContract {

  private final Engine engine;

  protected EngineContract(Engine engine) {
    this.engine = engine;
  }

  @Override
  public final Engine engine() {
    return engine;
  }
}

package io.densespark.engine.cuda;

import io.densespark.engine.EngineConfig;
import io.densespark.engine.EngineConfig.Choice;
import io.densespark.engine.EngineConfig.Precision;
import io.densespark.engine.PrecisionContract;

/** Tensor cores' arithmetic on TF32, in the layout of their documentation. */
class Tf32Test extends PrecisionContract {
  Tf32Test() {
    super(FakeCuda.SHARED.engine(), new EngineConfig(Choice.CUDA, Precision.TF32), 0x1p-12);
  }
}

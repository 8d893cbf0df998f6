package io.densespark.engine.cuda;

import io.densespark.engine.EngineConfig;
import io.densespark.engine.EngineConfig.Choice;
import io.densespark.engine.EngineConfig.Precision;
import io.densespark.engine.PrecisionContract;

/** Tensor cores' arithmetic on bfloat16, in the layout of their documentation. */
class Bfloat16Test extends PrecisionContract {
  Bfloat16Test() {
    super(FakeCuda.SHARED.engine(), new EngineConfig(Choice.CUDA, Precision.BF16), 0x1p-9);
  }
}

package io.densespark.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.EngineConfig;
import io.densespark.engine.EngineConfig.Choice;
import io.densespark.engine.EngineConfig.Precision;
import io.densespark.sync.rank.DeviceSumsContract;
import org.junit.jupiter.api.AfterAll;

/** Sums over the ranks of a slot on its device, on a driver without a GPU. */
class CudaSumsTest extends DeviceSumsContract {
  CudaSumsTest() {
    super(FakeCuda.SHARED.engine(), new EngineConfig(Choice.CUDA, Precision.FP32));
  }

  @AfterAll
  static void nothingWasLeftOrOverwritten() {
    assertThat(FakeCuda.SHARED.held()).isZero();
    assertThat(FakeCuda.SHARED.faults()).isZero();
  }
}

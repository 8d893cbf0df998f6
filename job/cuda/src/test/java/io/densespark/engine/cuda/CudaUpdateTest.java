package io.densespark.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.EngineConfig;
import io.densespark.engine.EngineConfig.Choice;
import io.densespark.engine.EngineConfig.Precision;
import io.densespark.train.DeviceUpdateContract;
import org.junit.jupiter.api.AfterAll;

/** The update on the device, on a driver without a GPU. */
class CudaUpdateTest extends DeviceUpdateContract {
  CudaUpdateTest() {
    super(FakeCuda.SHARED.engine(), new EngineConfig(Choice.CUDA, Precision.FP32));
  }

  @AfterAll
  static void nothingWasLeftOrOverwritten() {
    assertThat(FakeCuda.SHARED.held()).isZero();
    assertThat(FakeCuda.SHARED.faults()).isZero();
  }
}

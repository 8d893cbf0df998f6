package io.densespark.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.EngineContract;
import org.junit.jupiter.api.AfterAll;

/** The kernels' arithmetic and everything around it, on a driver without a GPU. */
class CudaEngineContractTest extends EngineContract {
  CudaEngineContractTest() {
    super(FakeCuda.SHARED.engine());
  }

  @AfterAll
  static void nothingWasLeftOrOverwritten() {
    assertThat(FakeCuda.SHARED.held()).isZero();
    assertThat(FakeCuda.SHARED.faults()).isZero();
  }
}

package io.densespark.engine.onednn;

import io.densespark.engine.EngineContract;

class OneDnnEngineContractTest extends EngineContract {
  OneDnnEngineContractTest() {
    super(new OneDnnEngine());
  }
}

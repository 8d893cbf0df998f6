package io.densespark.engine.nd4j;

import io.densespark.engine.EngineContract;

class Nd4jEngineContractTest extends EngineContract {
  Nd4jEngineContractTest() {
    super(new Nd4jEngine());
  }
}

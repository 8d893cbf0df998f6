package io.densespark.engine.onednn;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;

class WholeNetTest {
  @Test
  void denseNetAgreesOnSmoothActivations() {
    var net =
        new Comparison(
            Nets.denseNet(1, 12, 16, 12, new int[] {2, 3}, false, Activation.TANH), 4, 1, 12, 12);
    net.assertAgrees("dense net, tanh", 1e-4);
  }
}

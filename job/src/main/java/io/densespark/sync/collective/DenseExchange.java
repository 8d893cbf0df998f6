package io.densespark.sync.collective;

import io.densespark.sync.SyncConfig.WireFormat;
import io.densespark.train.ThresholdState;
import java.nio.FloatBuffer;
import java.util.Optional;

/** Every value travels. */
final class DenseExchange implements GradientExchange {
  private final Collective collective;
  private final WirePrecision precision;

  DenseExchange(Collective collective, WirePrecision precision) {
    this.collective = collective;
    this.precision = precision;
  }

  @Override
  public boolean sum(FloatBuffer gradient) {
    collective.allReduceSum(gradient, precision);
    return true;
  }

  @Override
  public WireFormat wireFormat() {
    return precision == WirePrecision.FP32 ? WireFormat.FP32 : WireFormat.BF16;
  }

  @Override
  public Optional<ThresholdState> state() {
    return Optional.empty();
  }

  @Override
  public void restore(ThresholdState state) {
    throw new IllegalArgumentException(
        "wire format "
            + wireFormat()
            + " keeps no residual: resume with the format of the checkpoint");
  }
}

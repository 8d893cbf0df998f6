package io.densespark.sync.collective;

import io.densespark.sync.SyncConfig.WireFormat;
import io.densespark.train.ThresholdState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * Threshold encoding with residual (N. Strom, "Scalable distributed DNN training using commodity
 * GPU cloud computing", Interspeech 2015; the format of DL4J's gradient sharing): a rank adds its
 * gradient to its residual, sends the places where that reaches the threshold, each as plus or
 * minus the threshold, and keeps the rest. Every rank receives every message and adds them in the
 * order of ranks, so all hold the same sum.
 */
final class ThresholdExchange implements GradientExchange {
  private static final int NOT_FINITE = -1;

  private final Collective collective;
  private final ThresholdConfig config;
  private final float[] residual;
  private final float[] sum;
  private final float[] tile = new float[TileCodec.TILE_VALUES];
  private final ThresholdMessage outgoing;
  private final ThresholdMessage incoming;
  private final ByteBuffer bytes;
  private float threshold;

  ThresholdExchange(Collective collective, int length, ThresholdConfig config) {
    this.collective = collective;
    this.config = config;
    residual = new float[length];
    sum = new float[length];
    outgoing = new ThresholdMessage(length);
    incoming = new ThresholdMessage(length);
    bytes =
        ByteBuffer.allocateDirect(ThresholdMessage.maxBytes(length)).order(ByteOrder.LITTLE_ENDIAN);
    threshold = config.initialThreshold();
  }

  /**
   * {@inheritDoc}
   *
   * <p>A value that is not finite would stay in the residual and never be sent nor seen. So it is
   * said in place of the message, to all ranks alike; what exchanges and gradients hold then is not
   * defined.
   */
  @Override
  public boolean sum(FloatBuffer gradient) {
    if (gradient.remaining() != residual.length) {
      throw new IllegalArgumentException(
          "gradient of %d values: this exchange was made for %d"
              .formatted(gradient.remaining(), residual.length));
    }
    int hits = addToResidual(gradient);
    if (hits == NOT_FINITE) {
      outgoing.diverged();
    } else {
      outgoing.encode(residual, threshold, hits);
      adapt(hits);
    }
    outgoing.write(bytes.clear());

    Arrays.fill(sum, 0f);
    boolean[] finite = {true};
    collective.allGather(
        bytes.flip(),
        ThresholdMessage.maxBytes(residual.length),
        (rank, message) -> {
          incoming.read(message);
          incoming.addTo(sum);
          finite[0] &= incoming.isFinite();
        });
    gradient.put(gradient.position(), sum, 0, sum.length);
    return finite[0];
  }

  /** Returns how many values reach the threshold, or {@link #NOT_FINITE}. */
  private int addToResidual(FloatBuffer gradient) {
    int hits = 0;
    boolean finite = true;
    for (int from = 0; from < residual.length; from += tile.length) {
      int count = Math.min(tile.length, residual.length - from);
      gradient.get(gradient.position() + from, tile, 0, count);
      for (int i = 0; i < count; i++) {
        float value = residual[from + i] + tile[i];
        float size = Math.abs(value);
        residual[from + i] = value;
        hits += size >= threshold ? 1 : 0;
        finite &= size <= Float.MAX_VALUE;
      }
    }
    return finite ? hits : NOT_FINITE;
  }

  private void adapt(int hits) {
    double density = residual.length == 0 ? config.minDensity() : (double) hits / residual.length;
    if (density > config.maxDensity()) {
      threshold = Math.min(Float.MAX_VALUE, threshold * config.factor());
    } else if (density < config.minDensity()) {
      threshold = Math.max(Float.MIN_NORMAL, threshold / config.factor());
    }
  }

  @Override
  public WireFormat wireFormat() {
    return WireFormat.THRESHOLD;
  }

  @Override
  public Optional<ThresholdState> state() {
    return Optional.of(new ThresholdState(threshold, residual.clone()));
  }

  @Override
  public void restore(ThresholdState state) {
    if (state.residual().length != residual.length) {
      throw new IllegalArgumentException(
          "residual of %d values: this exchange was made for %d"
              .formatted(state.residual().length, residual.length));
    }
    threshold = state.threshold();
    System.arraycopy(state.residual(), 0, residual, 0, residual.length);
  }
}

package io.densespark.sync.collective;

import io.densespark.sync.tree.Placement;
import io.densespark.sync.tree.RankRange;
import io.densespark.sync.tree.TileCodec;
import io.densespark.text.Text;
import io.densespark.train.RankState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Threshold encoding with residual (N. Strom, "Scalable distributed DNN training using commodity
 * GPU cloud computing", Interspeech 2015; the format of DL4J's gradient sharing): a rank adds its
 * gradient to its residual, sends the places where that reaches the threshold, each as plus or
 * minus the threshold, and keeps the rest. Every slot receives the message of every rank and adds
 * them in the order of ranks, so all hold the same sum. What an executor sends grows with its
 * ranks: short messages of several ranks have no sum that is as short.
 *
 * <p>A value that is not finite would stay in the residual and never be sent nor seen. So it is
 * said in place of the message, to all alike; what exchanges and gradients hold then is not
 * defined.
 */
public final class ThresholdExchange implements GradientExchange {
  private static final int NOT_FINITE = -1;

  private final Collective collective;
  private final ThresholdConfig config;
  private final RankRange ranks;
  private final int length;
  private final float[][] residuals;
  private final float[] thresholds;
  private final float[] sum;
  private final float[] tile = new float[TileCodec.TILE_VALUES];
  private final ThresholdMessage outgoing;
  private final ThresholdMessage incoming;
  private final ByteBuffer bytes;
  private final int maxBytes;

  /**
   * @param length values of a gradient
   */
  public ThresholdExchange(Collective collective, int length, ThresholdConfig config) {
    this.collective = collective;
    this.config = config;
    this.length = length;
    ranks = collective.ranks();
    residuals = new float[ranks.size()][length];
    thresholds = new float[ranks.size()];
    Arrays.fill(thresholds, config.initialThreshold());
    sum = new float[length];
    outgoing = new ThresholdMessage(length);
    incoming = new ThresholdMessage(length);
    Placement placement = collective.placement();
    int most = (placement.worldSize() + placement.slots() - 1) / placement.slots();
    maxBytes = Math.multiplyExact(most, ThresholdMessage.maxBytes(length));
    bytes = ByteBuffer.allocateDirect(maxBytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void add(int rank, FloatBuffer gradient) {
    if (gradient.remaining() != length) {
      throw new IllegalArgumentException(
          Text.format(
              "gradient of %d values: this exchange was made for %d",
              gradient.remaining(), length));
    }
    int mine = rank - ranks.from();
    int hits = addToResidual(gradient, residuals[mine], thresholds[mine]);
    if (hits == NOT_FINITE) {
      outgoing.diverged();
    } else {
      outgoing.encode(residuals[mine], thresholds[mine], hits);
      thresholds[mine] = adapted(thresholds[mine], hits);
    }
    outgoing.write(bytes);
  }

  @Override
  public boolean sum(FloatBuffer total) {
    Arrays.fill(sum, 0f);
    boolean[] finite = {true};
    collective.allGather(
        bytes.flip(),
        maxBytes,
        (slot, messages) -> {
          while (messages.hasRemaining()) {
            incoming.read(messages);
            incoming.addTo(sum);
            finite[0] &= incoming.isFinite();
          }
        });
    bytes.clear();
    total.put(total.position(), sum, 0, length);
    return finite[0];
  }

  /** Returns how many values reach the threshold, or {@link #NOT_FINITE}. */
  private int addToResidual(FloatBuffer gradient, float[] residual, float threshold) {
    int hits = 0;
    boolean finite = true;
    for (int from = 0; from < length; from += tile.length) {
      int count = Math.min(tile.length, length - from);
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

  private float adapted(float threshold, int hits) {
    double density = length == 0 ? config.minDensity() : (double) hits / length;
    if (density > config.maxDensity()) {
      return Math.min(Float.MAX_VALUE, threshold * config.factor());
    }
    return density < config.minDensity()
        ? Math.max(Float.MIN_NORMAL, threshold / config.factor())
        : threshold;
  }

  @Override
  public List<RankState> states() {
    List<RankState> states = new ArrayList<>();
    for (int i = 0; i < residuals.length; i++) {
      float[] state = new float[1 + length];
      state[0] = thresholds[i];
      System.arraycopy(residuals[i], 0, state, 1, length);
      states.add(new RankState(state));
    }
    return states;
  }

  @Override
  public void restore(List<RankState> states) {
    for (int i = 0; i < residuals.length; i++) {
      float[] state = states.get(i).values();
      if (state.length != 1 + length) {
        throw new IllegalArgumentException(
            Text.format(
                "residual of %d values: this exchange was made for %d", state.length - 1, length));
      }
      thresholds[i] = state[0];
      System.arraycopy(state, 1, residuals[i], 0, length);
    }
  }
}

package io.densespark.train;

import java.io.Serializable;
import java.nio.ByteBuffer;

/**
 * What one step cost on rank 0 and what it gave over all ranks.
 *
 * @param step global steps done after it, from 1
 * @param epoch epoch it belongs to, from 1
 * @param examples examples of the step over all ranks
 * @param loss mean over those examples, without regularisation
 * @param learningRate rate of the update
 * @param dataNanos making the batch
 * @param computeNanos gradient and update
 * @param communicationNanos moving values between replicas, and whatever else the step took
 * @param waitNanos waiting for slower replicas or for the network
 * @param bytesSent bytes that this replica sent
 * @param noise what the gradients of the ranks tell of the noise in their sum
 */
public record StepMetrics(
    int step,
    int epoch,
    int examples,
    double loss,
    double learningRate,
    long dataNanos,
    long computeNanos,
    long communicationNanos,
    long waitNanos,
    long bytesSent,
    GradientNoise noise)
    implements Serializable {

  /** Length of {@link #putTo}. */
  public static final int BYTES = 3 * Integer.BYTES + 4 * Double.BYTES + 5 * Long.BYTES;

  /** Wall time of the step. */
  public long totalNanos() {
    return dataNanos + computeNanos + communicationNanos + waitNanos;
  }

  /** Writes the components in their order. */
  public void putTo(ByteBuffer out) {
    out.putInt(step).putInt(epoch).putInt(examples).putDouble(loss).putDouble(learningRate);
    out.putLong(dataNanos).putLong(computeNanos).putLong(communicationNanos);
    out.putLong(waitNanos).putLong(bytesSent);
    out.putDouble(noise.squaredGradient()).putDouble(noise.variance());
  }

  /** Reads what {@link #putTo} wrote. */
  public static StepMetrics from(ByteBuffer in) {
    return new StepMetrics(
        in.getInt(),
        in.getInt(),
        in.getInt(),
        in.getDouble(),
        in.getDouble(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        new GradientNoise(in.getDouble(), in.getDouble()));
  }
}

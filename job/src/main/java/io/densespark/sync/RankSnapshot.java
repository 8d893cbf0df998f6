package io.densespark.sync;

import io.densespark.sync.collective.ThresholdState;
import io.densespark.train.ModelState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * One rank's part of a {@link Snapshot}, and its form on the way to the driver: little-endian
 * numbers in the order of the components, each array behind its length, -1 for none.
 *
 * @param pauseNanos time that the copying took
 * @param model the model; null but on rank 0, as all hold the same
 * @param steps steps of the epoch so far; rank 0 only
 * @param residual what this rank has not sent yet; null for formats that send everything
 */
record RankSnapshot(
    long pauseNanos, ModelState model, List<StepMetrics> steps, ThresholdState residual) {

  private static final int NONE = -1;

  byte[] toBytes() {
    long length = Long.BYTES + 3L * Integer.BYTES;
    length += model == null ? 0 : 2L * Integer.BYTES + Integer.BYTES;
    length += model == null ? 0 : bytes(model.parameters()) + bytes(model.updaterState());
    length += (long) steps.size() * StepMetrics.BYTES;
    length += residual == null ? 0 : Float.BYTES + bytes(residual.residual());
    ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(length)).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(pauseNanos);
    if (model == null) {
      out.putInt(NONE);
    } else {
      put(out, model.parameters());
      put(out, model.updaterState());
      out.putInt(model.step()).putInt(model.epoch());
    }
    out.putInt(steps.size());
    steps.forEach(step -> step.putTo(out));
    if (residual == null) {
      out.putInt(NONE);
    } else {
      put(out, residual.residual());
      out.putFloat(residual.threshold());
    }
    return out.array();
  }

  static RankSnapshot of(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long pauseNanos = in.getLong();
    float[] parameters = floats(in);
    float[] updaterState = parameters == null ? null : floats(in);
    int step = parameters == null ? 0 : in.getInt();
    int epoch = parameters == null ? 0 : in.getInt();
    List<StepMetrics> steps = new ArrayList<>();
    for (int left = in.getInt(); left > 0; left--) {
      steps.add(StepMetrics.from(in));
    }
    float[] residual = floats(in);
    return new RankSnapshot(
        pauseNanos,
        parameters == null
            ? null
            : new ModelState(step, epoch, steps.size(), parameters, updaterState),
        steps,
        residual == null ? null : new ThresholdState(in.getFloat(), residual));
  }

  private static long bytes(float[] values) {
    return (long) values.length * Float.BYTES;
  }

  private static void put(ByteBuffer out, float[] values) {
    out.putInt(values.length);
    out.asFloatBuffer().put(values);
    out.position(out.position() + values.length * Float.BYTES);
  }

  private static float[] floats(ByteBuffer in) {
    int length = in.getInt();
    if (length == NONE) {
      return null;
    }
    float[] values = new float[length];
    in.asFloatBuffer().get(values);
    in.position(in.position() + length * Float.BYTES);
    return values;
  }
}

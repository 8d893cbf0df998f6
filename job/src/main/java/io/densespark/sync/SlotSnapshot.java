package io.densespark.sync;

import io.densespark.train.StepMetrics;
import io.densespark.train.ThresholdState;
import io.densespark.train.TrainingState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * One slot's part of a state on the way to a checkpoint, and its form on the way to the driver:
 * little-endian numbers in the order of the components, each array behind its length, -1 for none.
 *
 * @param pauseNanos time that the copying took
 * @param state model and steps of the epoch so far; null but on slot 0, as all hold the same
 * @param residuals what its ranks have not sent yet; empty for formats that send everything
 */
record SlotSnapshot(long pauseNanos, TrainingState state, List<ThresholdState> residuals) {

  private static final int NONE = -1;

  byte[] toBytes() {
    long length = Long.BYTES + 2L * Integer.BYTES;
    if (state != null) {
      length += 4L * Integer.BYTES + bytes(state.parameters()) + bytes(state.updaterState());
      length += (long) state.steps().size() * StepMetrics.BYTES;
    }
    for (ThresholdState residual : residuals) {
      length += Integer.BYTES + Float.BYTES + bytes(residual.residual());
    }
    ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(length)).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(pauseNanos);
    if (state == null) {
      out.putInt(NONE);
    } else {
      put(out, state.parameters());
      put(out, state.updaterState());
      out.putInt(state.epoch()).putInt(state.step()).putInt(state.steps().size());
      state.steps().forEach(step -> step.putTo(out));
    }
    out.putInt(residuals.size());
    for (ThresholdState residual : residuals) {
      put(out, residual.residual());
      out.putFloat(residual.threshold());
    }
    return out.array();
  }

  static SlotSnapshot of(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long pauseNanos = in.getLong();
    float[] parameters = floats(in);
    TrainingState state = parameters == null ? null : state(parameters, in);
    List<ThresholdState> residuals = new ArrayList<>();
    for (int left = in.getInt(); left > 0; left--) {
      float[] residual = floats(in);
      residuals.add(new ThresholdState(in.getFloat(), residual));
    }
    return new SlotSnapshot(pauseNanos, state, residuals);
  }

  private static TrainingState state(float[] parameters, ByteBuffer in) {
    float[] updaterState = floats(in);
    int epoch = in.getInt();
    int step = in.getInt();
    List<StepMetrics> steps = new ArrayList<>();
    for (int left = in.getInt(); left > 0; left--) {
      steps.add(StepMetrics.from(in));
    }
    return new TrainingState(epoch, step, parameters, updaterState, List.of(), steps);
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

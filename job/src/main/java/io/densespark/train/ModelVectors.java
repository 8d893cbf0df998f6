package io.densespark.train;

import io.densespark.engine.DeviceModel;
import io.densespark.engine.DeviceModel.Vector;
import java.nio.FloatBuffer;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A model's flat vectors: in the memory of this machine, where DL4J has them, and on the plan's
 * device where it keeps them. Knows where the newest values are and copies a vector only when the
 * other side asks for it.
 */
final class ModelVectors {

  /** Null where the plan computes on this machine's memory. */
  private final DeviceModel device;

  private final Map<Vector, Supplier<FloatBuffer>> here;

  /** What has changed since the device got it, and what the device has changed since. */
  private final Set<Vector> newerHere = EnumSet.allOf(Vector.class);

  private final Set<Vector> newerThere = EnumSet.noneOf(Vector.class);

  /**
   * @param device null: none
   * @param here the vectors in this machine's memory, by which they are looked up each time
   */
  ModelVectors(DeviceModel device, Map<Vector, Supplier<FloatBuffer>> here) {
    this.device = device;
    this.here = new EnumMap<>(here);
  }

  /** Whether a device has them, too. */
  boolean onDevice() {
    return device != null;
  }

  /** The newest values, not to be changed. */
  FloatBuffer read(Vector vector) {
    FloatBuffer values = here.get(vector).get();
    if (newerThere.remove(vector)) {
      device.download(vector, values.duplicate());
    }
    return values;
  }

  /** The newest values, which the caller may change before the device is used again. */
  FloatBuffer change(Vector vector) {
    FloatBuffer values = read(vector);
    newerHere.add(vector);
    return values;
  }

  /** The values here were replaced: those of the device do not count any more. */
  void replaced(Vector vector) {
    newerThere.remove(vector);
    newerHere.add(vector);
  }

  /** The device, with the newest values of some vectors. */
  DeviceModel there(Vector... vectors) {
    for (Vector vector : vectors) {
      if (newerHere.remove(vector)) {
        device.upload(vector, here.get(vector).get());
      }
    }
    return device;
  }

  /** The device has overwritten a vector. */
  void changedThere(Vector vector) {
    newerHere.remove(vector);
    newerThere.add(vector);
  }
}

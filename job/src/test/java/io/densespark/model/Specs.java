package io.densespark.model;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Nets that differ from a preset. */
public final class Specs {
  private Specs() {}

  /** A spec with other values of the record's components of these names. */
  public static DenseNetSpec with(DenseNetSpec spec, Map<String, Object> changes) {
    Map<String, Object> left = new TreeMap<>(changes);
    RecordComponent[] parts = DenseNetSpec.class.getRecordComponents();
    try {
      Object[] values = new Object[parts.length];
      for (int i = 0; i < parts.length; i++) {
        Object changed = left.remove(parts[i].getName());
        if (parts[i].getType() == OptionalInt.class && changed instanceof Integer number) {
          changed = OptionalInt.of(number);
        }
        values[i] = changed != null ? changed : parts[i].getAccessor().invoke(spec);
      }
      if (!left.isEmpty()) {
        throw new IllegalArgumentException("a net has no " + left.keySet());
      }
      return DenseNetSpec.class
          .getConstructor(Stream.of(parts).map(RecordComponent::getType).toArray(Class[]::new))
          .newInstance(values);
    } catch (InvocationTargetException e) {
      throw (RuntimeException) e.getCause();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}

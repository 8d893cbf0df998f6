package io.densespark.sync.endpoint;

import io.densespark.text.Text;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputFilter.Status;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Set;
import org.apache.commons.io.input.ClassLoaderObjectInputStream;
import org.apache.commons.lang3.SerializationUtils;

/**
 * Objects in Java's own serialisation, whatever {@code spark.serializer} says: Kryo cannot make
 * records. Bytes that come from elsewhere make nothing but what is sent: records and enums of this
 * project, lists, maps, text and numbers.
 */
public final class JavaBytes {

  /** What lists and maps of the Java library are made of. */
  private static final Set<String> COLLECTIONS =
      Set.of(
          "java.util.CollSer",
          "java.util.ArrayList",
          "java.util.HashMap",
          "java.util.LinkedHashMap",
          "java.util.Map$Entry");

  private static final Set<Class<?>> VALUES =
      Set.of(Object.class, String.class, Enum.class, Number.class, Integer.class, Double.class);

  private JavaBytes() {}

  /** The value in Java's serial form. */
  public static byte[] of(Serializable value) {
    return SerializationUtils.serialize(value);
  }

  /**
   * The object in the bytes.
   *
   * @throws SecurityException if there is one of a class that is never sent
   */
  public static <T> T read(byte[] bytes, Class<T> type) {
    try (var in =
        new ClassLoaderObjectInputStream(type.getClassLoader(), new ByteArrayInputStream(bytes))) {
      in.setObjectInputFilter(found -> status(found, bytes.length));
      return type.cast(in.readObject());
    } catch (IOException e) {
      if (e.getCause() instanceof SecurityException refused) {
        throw refused;
      }
      throw new UncheckedIOException(e);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Status status(ObjectInputFilter.FilterInfo found, int bytes) {
    if (found.arrayLength() > bytes) {
      throw new SecurityException(
          Text.format(
              "an array of %d elements in a message of %d bytes: it was not sent by this program",
              found.arrayLength(), bytes));
    }
    Class<?> type = found.serialClass();
    while (type != null && type.isArray()) {
      type = type.getComponentType();
    }
    if (type != null && !isSent(type)) {
      throw new SecurityException(
          Text.format(
              "an object of %s in a message, where only records of this program are sent: it is"
                  + " refused",
              type.getName()));
    }
    return Status.ALLOWED;
  }

  private static boolean isSent(Class<?> type) {
    boolean ours = type.getName().startsWith("io.densespark.");
    return ours && (type.isRecord() || type.isEnum())
        || type.isPrimitive()
        || VALUES.contains(type)
        || COLLECTIONS.contains(type.getName())
        || type.getName().startsWith("java.util.ImmutableCollections$");
  }
}

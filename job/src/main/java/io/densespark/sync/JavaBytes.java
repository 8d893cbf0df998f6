package io.densespark.sync;

import java.io.Serializable;
import java.nio.ByteBuffer;
import org.apache.spark.SparkEnv;
import org.apache.spark.serializer.SerializerInstance;
import scala.reflect.ClassTag$;

/**
 * Objects in Java's own serialisation, whatever {@code spark.serializer} says: Kryo cannot make
 * records, and closures travel in Java's form anyhow.
 */
final class JavaBytes {

  private JavaBytes() {}

  static byte[] of(Serializable value) {
    ByteBuffer bytes = serializer().serialize(value, ClassTag$.MODULE$.apply(Serializable.class));
    byte[] array = new byte[bytes.remaining()];
    bytes.get(array);
    return array;
  }

  static <T> T read(byte[] bytes, Class<T> type) {
    return type.cast(
        serializer()
            .deserialize(
                ByteBuffer.wrap(bytes), type.getClassLoader(), ClassTag$.MODULE$.apply(type)));
  }

  private static SerializerInstance serializer() {
    return SparkEnv.get().closureSerializer().newInstance();
  }
}

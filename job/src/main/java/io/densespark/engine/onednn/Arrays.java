package io.densespark.engine.onednn;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Addresses of the caller's arrays, checked. */
final class Arrays {
  private Arrays() {}

  static boolean isBytes(INDArray array) {
    return array.dataType() == DataType.UINT8;
  }

  /** Address of the first of {@code length} floats. */
  static long floats(String name, INDArray array, long length) {
    return address(name, array, DataType.FLOAT, length, Float.BYTES);
  }

  /** Address of the first of {@code length} unsigned bytes. */
  static long bytes(String name, INDArray array, long length) {
    return address(name, array, DataType.UINT8, length, 1);
  }

  private static long address(
      String name, INDArray array, DataType type, long length, int elementBytes) {
    if (array.dataType() != type || array.length() != length) {
      throw new IllegalArgumentException(
          name
              + " must be "
              + length
              + " values of type "
              + type
              + ", were "
              + array.length()
              + " of type "
              + array.dataType());
    }
    if (!isRowMajor(array)) {
      throw new IllegalArgumentException(
          name + " must be contiguous and row-major; pass array.dup('c')");
    }
    return array.data().address() + array.offset() * elementBytes;
  }

  /** Whether elements follow each other in row-major order; dimensions of size 1 do not matter. */
  private static boolean isRowMajor(INDArray array) {
    long expected = 1;
    for (int d = array.rank() - 1; d >= 0; d--) {
      if (array.size(d) != 1 && array.stride(d) != expected) {
        return false;
      }
      expected *= array.size(d);
    }
    return true;
  }
}

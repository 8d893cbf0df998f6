package io.densespark.model;

import io.densespark.text.Text;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import org.nd4j.linalg.api.buffer.BaseDataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.factory.Nd4j;

/** Arrays as ND4J writes them into zips: a buffer of the shape, then one of the values. */
final class ZippedArray {

  /** No array of parameters has more dimensions. */
  private static final int MOST_DIMENSIONS = 32;

  private ZippedArray() {}

  /**
   * Reads one.
   *
   * @throws IOException where it is not whole
   */
  static INDArray read(byte[] bytes) throws IOException {
    requireWhole(bytes);
    return Nd4j.read(new DataInputStream(new ByteArrayInputStream(bytes)));
  }

  /** Before ND4J reserves what an array announces, or reads beyond what there is. */
  private static void requireWhole(byte[] bytes) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    long shapeLongs = BaseDataBuffer.readHeader(in).getMiddle();
    long rank = in.readLong();
    if (rank < 0 || rank > MOST_DIMENSIONS || shapeLongs != Shape.shapeInfoLength(rank)) {
      throw new IOException("an array of " + rank + " dimensions is announced");
    }
    double shaped = 1;
    for (int i = 0; i < rank; i++) {
      shaped *= in.readLong();
    }
    in.skipNBytes((shapeLongs - 1 - rank) * Long.BYTES);
    var data = BaseDataBuffer.readHeader(in);
    double announced = data.getMiddle();
    if (shaped != announced || announced * data.getRight().width() > in.available()) {
      throw new IOException(
          Text.format(
              "an array of %,.0f values is announced, of which there are not as many", announced));
    }
  }
}

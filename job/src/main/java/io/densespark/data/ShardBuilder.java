package io.densespark.data;

import io.densespark.text.Text;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Makes the data sets of one rank of resized images that arrive in any order. All are native memory
 * from the start, so that the heap holds one image at a time.
 */
public final class ShardBuilder {

  private final ShardLayout layout;
  private final int rank;
  private final int dataSetSize;
  private final boolean scaled;
  private final List<DataSet> dataSets = new ArrayList<>();
  private final List<ByteBuffer> bytes = new ArrayList<>();
  private final List<FloatBuffer> floats = new ArrayList<>();
  private final List<FloatBuffer> labels = new ArrayList<>();
  private final float[] scaledImage;
  private final BitSet filled = new BitSet();

  /**
   * @param dataSetSize examples per data set; the last may hold fewer
   * @param scaled whether features are float32 from 0 to 1; else uint8
   */
  public ShardBuilder(ShardLayout layout, int rank, int dataSetSize, boolean scaled) {
    this.layout = layout;
    this.rank = rank;
    this.dataSetSize = dataSetSize;
    this.scaled = scaled;
    this.scaledImage = new float[scaled ? layout.imageBytes() : 0];
    for (int from = 0; from < layout.size(rank); from += dataSetSize) {
      int count = Math.min(dataSetSize, layout.size(rank) - from);
      int side = layout.imageSize();
      INDArray features =
          Nd4j.createUninitializedDetached(
              scaled ? DataType.FLOAT : DataType.UINT8, count, layout.channels(), side, side);
      INDArray oneHot = Nd4j.createUninitializedDetached(DataType.FLOAT, count, layout.classes());
      oneHot.assign(0);
      dataSets.add(new DataSet(features, oneHot));
      labels.add(oneHot.data().asNioFloat());
      if (scaled) {
        floats.add(features.data().asNioFloat());
      } else {
        bytes.add(features.data().asNio());
      }
    }
  }

  /**
   * Puts an example into its place.
   *
   * @param row its row of the shard
   * @param pixels uint8 [channels, imageSize, imageSize] from {@code offset}
   */
  public void put(int row, int label, byte[] pixels, int offset) {
    int block = row / dataSetSize;
    int at = row % dataSetSize;
    if (scaled) {
      BatchAssembler.scale(pixels, offset, scaledImage);
      floats.get(block).put(at * layout.imageBytes(), scaledImage);
    } else {
      bytes.get(block).put(at * layout.imageBytes(), pixels, offset, layout.imageBytes());
    }
    labels.get(block).put(at * layout.classes() + label, 1);
    filled.set(row);
  }

  /**
   * The data sets, in the order of their rows.
   *
   * @throws DataException when an example did not arrive: the data changed while it was read
   */
  public List<DataSet> build() {
    int missing = layout.size(rank) - filled.cardinality();
    if (missing > 0) {
      throw new DataException(
          Text.format(
              "%d of %d examples of a shard were not read again: the data changed while it was read; run again when nothing writes to it",
              missing, layout.size(rank)));
    }
    return dataSets;
  }
}

package io.densespark.data;

import io.densespark.text.Text;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * The examples that one replica owns, addressed by row from 0, over the memory of the data sets of
 * a Spark partition. Pixels are not copied: the shard holds on to the data sets.
 */
public final class Shard {

  private final List<Block> blocks;

  /** First row of every block, and the number of rows. */
  private final int[] firstRows;

  private final DataType pixelType;
  private final int channels;
  private final int height;
  private final int width;

  /** Float32 [size, classes]. */
  private final float[] labels;

  private final int classes;

  /** Rows of one data set; the array is kept because the buffer does not own its memory. */
  private record Block(INDArray owner, ByteBuffer pixels) {}

  private Shard(List<DataSet> dataSets) {
    INDArray first = dataSets.get(0).getFeatures();
    this.pixelType = first.dataType();
    if (first.rank() != 4 || !(pixelType == DataType.UINT8 || pixelType == DataType.FLOAT)) {
      throw new DataException(
          Text.format(
              "features have type %s and shape %s; a shard takes UINT8 or FLOAT of [n, channels, height, width]",
              pixelType, Arrays.toString(first.shape())));
    }
    this.channels = (int) first.size(1);
    this.height = (int) first.size(2);
    this.width = (int) first.size(3);
    this.classes = (int) dataSets.get(0).getLabels().size(1);
    this.firstRows = new int[dataSets.size() + 1];
    for (int i = 0; i < dataSets.size(); i++) {
      firstRows[i + 1] = firstRows[i] + (int) dataSets.get(i).getFeatures().size(0);
    }
    this.labels = new float[size() * classes];
    this.blocks = new ArrayList<>(dataSets.size());
    for (int i = 0; i < dataSets.size(); i++) {
      add(dataSets.get(i), firstRows[i]);
    }
  }

  /**
   * The shard of a partition.
   *
   * @param dataSets features uint8 or float32 [n, channels, height, width] and labels float32 [n,
   *     classes]; at least one
   * @throws DataException when there is no data set or one differs in type or shape
   */
  public static Shard of(Iterator<DataSet> dataSets) {
    return new Shard(collect(dataSets));
  }

  private static List<DataSet> collect(Iterator<DataSet> dataSets) {
    List<DataSet> collected = new ArrayList<>();
    dataSets.forEachRemaining(
        dataSet -> {
          requireNoMask("features mask", dataSet.getFeaturesMaskArray());
          requireNoMask("labels mask", dataSet.getLabelsMaskArray());
          collected.add(dataSet);
        });
    if (collected.isEmpty()) {
      throw new DataException(
          "a replica got an empty partition; use as many partitions as replicas, each with examples");
    }
    return collected;
  }

  private static void requireNoMask(String name, INDArray mask) {
    if (mask != null) {
      throw new DataException(
          Text.format(
              "a data set has a %s of shape %s, which compiled training would ignore; remove it (set it to null), or train with DL4J's own masters",
              name, Arrays.toString(mask.shape())));
    }
  }

  private void add(DataSet dataSet, int firstRow) {
    INDArray features = dense(dataSet.getFeatures());
    INDArray rowLabels = dense(dataSet.getLabels());
    long rows = features.size(0);
    boolean fits =
        features.dataType() == pixelType
            && Arrays.equals(features.shape(), new long[] {rows, channels, height, width})
            && rowLabels.dataType() == DataType.FLOAT
            && Arrays.equals(rowLabels.shape(), new long[] {rows, classes});
    if (!fits) {
      throw new DataException(
          Text.format(
              "data sets of one shard must be alike: met features %s %s with labels %s %s, expected features %s [n, %d, %d, %d] with labels FLOAT [n, %d]",
              features.dataType(),
              Arrays.toString(features.shape()),
              rowLabels.dataType(),
              Arrays.toString(rowLabels.shape()),
              pixelType,
              channels,
              height,
              width,
              classes));
    }
    blocks.add(new Block(features, features.data().asNio()));
    FloatBuffer source = rowLabels.data().asNioFloat();
    source.get(0, labels, firstRow * classes, (int) rows * classes);
  }

  /** An array whose buffer holds its elements from the first, row-major. */
  private static INDArray dense(INDArray array) {
    boolean whole =
        !array.isView()
            && array.ordering() == 'c'
            && array.offset() == 0
            && array.data().length() == array.length();
    return whole ? array : array.dup('c');
  }

  /** Number of examples. */
  public int size() {
    return firstRows[firstRows.length - 1];
  }

  /** Channels per image. */
  public int channels() {
    return channels;
  }

  /** Rows per image. */
  public int height() {
    return height;
  }

  /** Columns per image. */
  public int width() {
    return width;
  }

  /** Number of classes. */
  public int classes() {
    return classes;
  }

  /** Whether pixels are unsigned bytes; else they are float32. */
  public boolean holdsBytes() {
    return pixelType == DataType.UINT8;
  }

  /** What is wrong with the first pixel or label that is not a finite number; empty: all are. */
  public Optional<String> notFinite() {
    for (int i = 0; i < labels.length; i++) {
      if (!Float.isFinite(labels[i])) {
        return Optional.of(
            Text.format(
                "label %d of example %d is %s; labels must be finite",
                i % classes, i / classes, labels[i]));
      }
    }
    for (int row = 0; row < size() && !holdsBytes(); row++) {
      int block = blockOf(row);
      FloatBuffer pixels =
          blocks.get(block).pixels().duplicate().order(ByteOrder.nativeOrder()).asFloatBuffer();
      int first = (row - firstRows[block]) * imageElements();
      for (int i = 0; i < imageElements(); i++) {
        if (!Float.isFinite(pixels.get(first + i))) {
          return Optional.of(
              Text.format(
                  "a pixel of example %d is %s; pixels must be finite, 0 to 1",
                  row, pixels.get(first + i)));
        }
      }
    }
    return Optional.empty();
  }

  int imageElements() {
    return channels * height * width;
  }

  /** Copies an image's elements, as they are stored, to an index counted in bytes. */
  void copyImage(int row, ByteBuffer target, int targetIndex) {
    int imageBytes = imageElements() * pixelType.width();
    int block = blockOf(row);
    target.put(
        targetIndex, blocks.get(block).pixels(), (row - firstRows[block]) * imageBytes, imageBytes);
  }

  /** Copies the image of a shard that holds bytes. */
  void copyImage(int row, byte[] target) {
    int block = blockOf(row);
    blocks
        .get(block)
        .pixels()
        .get((row - firstRows[block]) * imageElements(), target, 0, imageElements());
  }

  void copyLabel(int row, float[] target, int targetIndex) {
    System.arraycopy(labels, row * classes, target, targetIndex, classes);
  }

  private int blockOf(int row) {
    int found = Arrays.binarySearch(firstRows, 0, blocks.size(), row);
    return found >= 0 ? found : -found - 2;
  }
}

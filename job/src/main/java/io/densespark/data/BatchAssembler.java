package io.densespark.data;

import io.densespark.text.Text;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Gathers rows of a shard into batches, with augmentation, mixup and label smoothing, by bulk
 * copies into arrays that are made once per batch size and reused.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class BatchAssembler {

  private static final float[] SCALED = new float[256];

  static {
    for (int i = 0; i < SCALED.length; i++) {
      SCALED[i] = i / 255f;
    }
  }

  /** Element type of a batch's features. */
  public enum PixelFormat {
    /** Unsigned bytes, as stored. */
    UINT8,
    /** Scaled to 0..1. */
    FLOAT32
  }

  /**
   * A batch, valid until the next one of the same size is assembled.
   *
   * @param features uint8 or float32 [n, channels, height, width], row-major
   * @param labels float32 [n, classes], each row a distribution
   */
  public record Batch(INDArray features, INDArray labels) {}

  /** A batch with the buffers over its memory. */
  private record Slot(Batch batch, ByteBuffer pixels, FloatBuffer labels) {}

  private final Shard shard;
  private final PixelFormat format;
  private final float labelSmoothing;
  private final Augmentation augmentation;
  private final Map<Integer, Slot> slots = new HashMap<>();
  private final byte[] original;
  private final byte[] changed;
  private final float[] scaled;

  /** Images of a batch before they are mixed. */
  private byte[] unmixed = {};

  /**
   * @param labelSmoothing share of each label that is spread evenly over all classes, 0 to below 1
   *     (Szegedy et al. 2016)
   * @param augmentation changes to images; {@link Augmentation#none()} for evaluation
   * @throws DataException when the shard holds float32 pixels and bytes or augmentation are wanted
   */
  public BatchAssembler(
      Shard shard, PixelFormat format, double labelSmoothing, Augmentation augmentation) {
    if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
      throw new IllegalArgumentException(
          "labelSmoothing must be 0 to below 1, was " + labelSmoothing);
    }
    if (!shard.holdsBytes()
        && (format == PixelFormat.UINT8 || !augmentation.isIdentity() || augmentation.mixes())) {
      throw new DataException(
          "the shard's features are FLOAT, which batches of bytes and augmentation cannot start from; give UINT8 features");
    }
    this.shard = shard;
    this.format = format;
    this.labelSmoothing = (float) labelSmoothing;
    this.augmentation = augmentation;
    this.original = new byte[shard.imageElements()];
    this.changed = new byte[shard.imageElements()];
    this.scaled = new float[shard.imageElements()];
  }

  /**
   * Assembles the batch of {@code order[from .. from + count - 1]}.
   *
   * @param order rows of the shard
   * @param epoch selects the random changes
   */
  public Batch assemble(int[] order, int from, int count, int epoch) {
    if (count < 1 || from < 0 || from > order.length - count) {
      throw new IllegalArgumentException(
          Text.format(
              "a batch of %d from %d does not fit an order of %d", count, from, order.length));
    }
    Slot slot = slots.computeIfAbsent(count, this::slot);
    FloatBuffer floats =
        format == PixelFormat.FLOAT32 ? slot.pixels().asFloatBuffer() : FloatBuffer.allocate(0);
    float[] labels = new float[count * shard.classes()];
    for (int i = 0; i < count; i++) {
      shard.copyLabel(order[from + i], labels, i * shard.classes());
    }
    Optional<Mixup> mixup = augmentation.mixup(epoch, from, count);
    if (mixup.isPresent()) {
      mix(mixup.get(), order, from, epoch, slot.pixels(), floats);
      mixup.get().labels(labels, shard.classes());
    } else {
      for (int i = 0; i < count; i++) {
        copyImage(order[from + i], i, epoch, slot.pixels(), floats);
      }
    }
    smooth(labels);
    slot.labels().put(0, labels);
    return slot.batch();
  }

  private void copyImage(int row, int place, int epoch, ByteBuffer pixels, FloatBuffer floats) {
    int elements = shard.imageElements();
    if (!shard.holdsBytes()) {
      shard.copyImage(row, pixels, place * elements * Float.BYTES);
      return;
    }
    if (format == PixelFormat.UINT8 && augmentation.isIdentity()) {
      shard.copyImage(row, pixels, place * elements);
      return;
    }
    put(augmented(row, epoch), place, pixels, floats);
  }

  /** The changed image of a row, valid until the next one is asked for. */
  private byte[] augmented(int row, int epoch) {
    shard.copyImage(row, original);
    if (augmentation.isIdentity()) {
      return original;
    }
    augmentation.apply(
        original, changed, shard.channels(), shard.height(), shard.width(), epoch, row);
    return changed;
  }

  private void put(byte[] image, int place, ByteBuffer pixels, FloatBuffer floats) {
    switch (format) {
      case UINT8 -> pixels.put(place * image.length, image);
      case FLOAT32 -> {
        scale(image, 0, scaled);
        floats.put(place * image.length, scaled);
      }
    }
  }

  private void mix(
      Mixup mixup, int[] order, int from, int epoch, ByteBuffer pixels, FloatBuffer floats) {
    int elements = shard.imageElements();
    int count = mixup.partners().length;
    if (unmixed.length < count * elements) {
      unmixed = new byte[count * elements];
    }
    for (int i = 0; i < count; i++) {
      System.arraycopy(augmented(order[from + i], epoch), 0, unmixed, i * elements, elements);
    }
    for (int i = 0; i < count; i++) {
      mixup.images(unmixed, i, changed);
      put(changed, i, pixels, floats);
    }
  }

  /** Unsigned bytes to 0..1. */
  static void scale(byte[] pixels, int offset, float[] target) {
    for (int i = 0; i < target.length; i++) {
      target[i] = SCALED[pixels[offset + i] & 0xff];
    }
  }

  private void smooth(float[] labels) {
    if (labelSmoothing == 0) {
      return;
    }
    float everywhere = labelSmoothing / shard.classes();
    for (int i = 0; i < labels.length; i++) {
      labels[i] = labels[i] * (1 - labelSmoothing) + everywhere;
    }
  }

  private Slot slot(int count) {
    // Detached: the arrays outlive whatever workspace the caller has open.
    INDArray features =
        Nd4j.createUninitializedDetached(
            format == PixelFormat.UINT8 ? DataType.UINT8 : DataType.FLOAT,
            count,
            shard.channels(),
            shard.height(),
            shard.width());
    INDArray labels = Nd4j.createUninitializedDetached(DataType.FLOAT, count, shard.classes());
    return new Slot(
        new Batch(features, labels),
        features.data().asNio().order(ByteOrder.nativeOrder()),
        labels.data().asNioFloat());
  }
}

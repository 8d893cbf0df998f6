package io.densespark.dataset;

import io.densespark.dataset.LabelledImage.Label;
import io.densespark.images.BrokenImage;
import io.densespark.images.DecodedImage;
import io.densespark.images.UnreadableImageException;
import io.densespark.text.Text;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * What a first look at the rows of a partition tells the driver: 21 bytes of each row, and no
 * pixels. Rows are counted from 0 in the order in which they are read.
 *
 * @implNote plain arrays, as Kryo cannot restore records.
 */
final class RowsLook implements Serializable {

  /** Parts beside those of {@link Part#ordinal}. */
  static final byte NO_PART = -1;

  /** A row that cannot be used. */
  static final byte BROKEN = -2;

  private static final int NAMED = 1000;

  /** By row, its place among all examples. */
  long[] keys = new long[16];

  /** By row, the first 8 bytes of the SHA-256 of its image and label. */
  long[] digests = new long[16];

  /** By row, index of its label in {@link #labels}. */
  int[] labelOf = new int[16];

  /** By row, an ordinal of {@link Part}, or {@link #NO_PART}, or {@link #BROKEN}. */
  byte[] parts = new byte[16];

  int rows;
  String[] labels;
  boolean[] numbers;

  /** Most channels of an image. */
  int channels = 1;

  long brokenRows;

  /** Name and reason of the first of them. */
  ArrayList<String[]> broken = new ArrayList<>();

  long firstBrokenKey;

  /** Looks at the rows of a partition, decoding each. */
  static RowsLook at(Iterator<LabelledImage> images, boolean keyed) {
    RowsLook look = new RowsLook();
    Map<Label, Integer> labels = new LinkedHashMap<>();
    MessageDigest sha256 = DigestUtils.getSha256Digest();
    while (images.hasNext()) {
      look.add(images.next(), keyed, labels, sha256);
    }
    look.labels = labels.keySet().stream().map(Label::text).toArray(String[]::new);
    look.numbers = new boolean[labels.size()];
    int at = 0;
    for (Label label : labels.keySet()) {
      look.numbers[at++] = label.number();
    }
    look.trim(look.rows);
    return look;
  }

  private void trim(int length) {
    keys = Arrays.copyOf(keys, length);
    digests = Arrays.copyOf(digests, length);
    labelOf = Arrays.copyOf(labelOf, length);
    parts = Arrays.copyOf(parts, length);
  }

  private void add(
      LabelledImage image, boolean keyed, Map<Label, Integer> known, MessageDigest sha256) {
    if (rows == keys.length) {
      trim(rows + (rows >> 1));
    }
    int row = rows++;
    keys[row] = image.key();
    try {
      DecodedImage decoded = image.pixels().decode();
      Label label = image.label().orElseThrow(() -> new UnreadableImageException("has no label"));
      parts[row] = part(image.part());
      labelOf[row] = known.computeIfAbsent(label, added -> known.size());
      digests[row] = digest(sha256, decoded, label.text());
      keys[row] = keyed ? image.key() : digests[row];
      channels = Math.max(channels, decoded.channels());
    } catch (UnreadableImageException e) {
      parts[row] = BROKEN;
      if (brokenRows++ == 0) {
        firstBrokenKey = image.key();
      }
      if (broken.size() < NAMED) {
        broken.add(new String[] {image.id(), e.getMessage()});
      }
    }
  }

  private static byte part(Optional<String> word) throws UnreadableImageException {
    if (word.isEmpty()) {
      return NO_PART;
    }
    return (byte)
        Part.of(word.get())
            .orElseThrow(
                () ->
                    new UnreadableImageException(
                        Text.format(
                            "is in the part \"%s\": train, validation and test are known",
                            word.get())))
            .ordinal();
  }

  /** Of an image and its label, whatever format they came in. */
  static long digest(MessageDigest sha256, DecodedImage image, String label) {
    sha256.update(
        ByteBuffer.allocate(3 * Integer.BYTES)
            .putInt(image.channels())
            .putInt(image.height())
            .putInt(image.width())
            .array());
    sha256.update(image.pixels());
    return ByteBuffer.wrap(sha256.digest(label.getBytes(StandardCharsets.UTF_8))).getLong();
  }

  /** The first thousand broken rows. */
  List<BrokenImage> named() {
    return broken.stream().map(row -> new BrokenImage(row[0], row[1])).toList();
  }
}

package io.densespark.data;

import static io.densespark.data.IdxFiles.IMAGES;
import static io.densespark.data.IdxFiles.LABELS;
import static io.densespark.data.IdxFiles.gzip;
import static io.densespark.data.IdxFiles.idx;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdxReaderTest {

  private static final byte[] THREE_IMAGES = idx(IMAGES, 3 * 2 * 4, 3, 2, 4);
  private static final byte[] THREE_LABELS = idx(LABELS, 3, 3);

  private final Map<String, byte[]> files =
      new HashMap<>(Map.of("images", THREE_IMAGES, "labels", THREE_LABELS));

  private record Labelled(ImageSet images, DataFile imageFile, DataFile labelFile) {}

  private Labelled read() {
    FileOpener opener =
        uri -> {
          if (!files.containsKey(uri)) {
            throw new FileNotFoundException(uri);
          }
          return new ByteArrayInputStream(files.get(uri));
        };
    return read(opener);
  }

  private static Labelled read(FileOpener opener) {
    IdxReader reader = new IdxReader(opener);
    IdxReader.Labels labels = reader.labels("labels");
    try (IdxImages images = reader.images("images", false, Optional.of(labels))) {
      return new Labelled(IdxFiles.whole(images), images.end(), labels.file());
    }
  }

  private void refused(String name, byte[] content, String... said) {
    files.put(name, content);
    assertThatThrownBy(this::read)
        .isInstanceOf(DataException.class)
        .hasMessageContaining(name)
        .hasMessageContainingAll(said);
  }

  @Test
  void readsPlainFiles() {
    ImageSet images = read().images();
    assertThat(images.size()).isEqualTo(3);
    assertThat(images.channels()).isEqualTo(1);
    assertThat(images.height()).isEqualTo(2);
    assertThat(images.width()).isEqualTo(4);
    assertThat(images.pixels()).startsWith(0, 1, 2).endsWith(22, 23).hasSize(24);
    assertThat(images.labels()).containsExactly(0, 1, 2);
  }

  @Test
  void readsGzippedFilesWhateverTheirNameAndKeepsBothSums() {
    Labelled plain = read();
    files.put("images", gzip(THREE_IMAGES));
    Labelled zipped = read();
    assertThat(zipped.images().pixels()).isEqualTo(plain.images().pixels());
    assertThat(zipped.imageFile().contentSha256()).isEqualTo(plain.imageFile().sha256());
    assertThat(zipped.imageFile().sha256()).isEqualTo(DigestUtils.sha256Hex(gzip(THREE_IMAGES)));
    assertThat(plain.imageFile().contentSha256()).isEqualTo(plain.imageFile().sha256());
  }

  @Test
  void readsTheShippedSample() {
    ImageSet images = IdxFiles.sampleTrain();
    assertThat(images.size()).isEqualTo(512);
    assertThat(images.imageBytes()).isEqualTo(28 * 28);
    // The data set opens with an ankle boot, a T-shirt, another T-shirt and a dress.
    assertThat(images.labels()).startsWith(9, 0, 0, 3);
  }

  @Test
  void refusesATruncatedFile() {
    refused("images", Arrays.copyOf(THREE_IMAGES, THREE_IMAGES.length - 1), "truncated", "23");
    refused("images", Arrays.copyOf(THREE_IMAGES, 9), "truncated", "9 bytes");
    refused("images", new byte[0], "truncated", "0 bytes");
  }

  @Test
  void refusesATruncatedOrCorruptGzipStream() {
    byte[] zipped = gzip(THREE_IMAGES);
    refused("images", Arrays.copyOf(zipped, zipped.length / 2), "truncated", "gzip");
    byte[] flipped = zipped.clone();
    flipped[flipped.length - 6] ^= 1;
    refused("images", flipped, "corrupt");
  }

  @Test
  void refusesTrailingBytes() {
    refused("labels", idx(LABELS, 5, 3), "trailing bytes", "take 3", "has more");
    byte[] zipped = gzip(THREE_LABELS);
    refused("labels", Arrays.copyOf(zipped, zipped.length + 4), "Garbage after");
    refused("labels", Arrays.copyOf(zipped, zipped.length + 4000), "Garbage after");
  }

  @Test
  void refusesAWrongMagicNumber() {
    refused("images", idx(0x0d03, 24, 3, 2, 4), "0x00000d03", "expected 0x00000803");
    refused("images", idx(LABELS, 24, 24), "0x00000801", "swapped");
  }

  @Test
  void refusesEmptyAndNegativeDimensions() {
    refused("images", idx(IMAGES, 0, 0, 28, 28), "[0]", "at least 1");
    refused("images", idx(IMAGES, 0, 3, -28, 28), "[3, -28]", "at least 1");
  }

  @Test
  void refusesAHugeCountWithoutReservingItsMemory() {
    int most = Integer.MAX_VALUE;
    refused("images", idx(IMAGES, 24, most, most, most), "has memory for");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void refusesWhatInflatesToMoreThanMemory(boolean announced) {
    byte[] header = announced ? idx(IMAGES, 0, 3, 1 << 15, 1 << 15) : idx(IMAGES, 0, 3, 2, 4);
    refused("images", IdxFiles.bomb(header), announced ? "has memory for" : "has more");
  }

  @Test
  void refusesAsManyLabelsAsThereAreNotImages() {
    refused("labels", idx(LABELS, 4, 4), "3 images", "4 labels");
  }

  @Test
  void refusesAMissingFile() {
    files.remove("labels");
    assertThatThrownBy(this::read)
        .isInstanceOf(DataException.class)
        .hasMessageContaining("labels does not exist");
  }

  @Test
  void saysWhyAFileCannotBeRead() {
    FileOpener broken =
        uri -> {
          throw new IOException("permission denied");
        };
    assertThatThrownBy(() -> read(broken))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("labels", "permission denied");
  }
}

package io.densespark.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.data.DataException;
import io.densespark.data.IdxFiles;
import io.densespark.data.ImageSet;
import io.densespark.storage.InputFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxDatasetTest {

  @TempDir private Path temporary;

  private static final int TRAIN = 40;
  private static final int TEST = 20;

  /** Image i has pixels of value i and one of the labels in turn. */
  private static ImageSet images(int count, int... labels) {
    byte[] pixels = new byte[count * 4];
    byte[] of = new byte[count];
    for (int i = 0; i < count; i++) {
      Arrays.fill(pixels, 4 * i, 4 * i + 4, (byte) i);
      of[i] = (byte) labels[i % labels.length];
    }
    return new ImageSet(1, 2, 2, pixels, of);
  }

  private ImageDataset dataset(int[] labels, String... settings) {
    Path folder = temporary.resolve(Arrays.toString(labels));
    try (InputFiles files = new InputFiles(new Configuration())) {
      IdxFiles.write(folder, images(TRAIN, labels), images(TEST, labels));
      List<String> all = new ArrayList<>(List.of(settings));
      all.add("data.path=" + folder);
      all.add("data.verify-checksums=false");
      return IdxDataset.of(Reading.config(all.toArray(String[]::new)), files);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Numbers of the examples in their file. */
  private static List<Integer> numbers(Examples examples) {
    IdxExamples idx = (IdxExamples) examples;
    return IntStream.range(idx.from(), idx.to()).boxed().toList();
  }

  private static int[] classes(Examples examples) {
    IdxExamples idx = (IdxExamples) examples;
    return numbers(examples).stream()
        .mapToInt(i -> idx.classOf()[idx.part().labels()[i]])
        .toArray();
  }

  private void refused(int[] labels, String setting, String... said) {
    assertThatThrownBy(() -> dataset(labels, setting))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(said);
  }

  @Test
  void limitsTakeTheFirstAndValidationTheLastOfThem() {
    ImageDataset dataset =
        dataset(new int[] {0, 1}, "data.train-limit=30", "data.test-limit=7", "data.validation=10");

    assertThat(numbers(dataset.train())).startsWith(0).hasSize(20).endsWith(19);
    assertThat(numbers(dataset.validation().orElseThrow())).startsWith(20).hasSize(10).endsWith(29);
    assertThat(dataset.test().orElseThrow().size()).isEqualTo(7);
    assertThat(dataset(new int[] {0, 1}).validation()).isEmpty();
    refused(new int[] {0, 1}, "data.train-limit=41", "data.train-limit is 41", "1 to 40");
    refused(new int[] {0, 1}, "data.test-limit=21", "data.test-limit is 21", "1 to 20");
    refused(new int[] {0, 1}, "data.validation=40", "data.validation is 40", "0 to 39");
  }

  @Test
  void labelsFromOneBecomeClassesFromZeroAndKeepTheirNumbersAsNames() {
    int[] letters = IntStream.rangeClosed(1, 12).toArray();

    ImageDataset dataset = dataset(letters);

    assertThat(dataset.classNames())
        .containsExactly("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12");
    assertThat(classes(dataset.train())).startsWith(0, 1, 2).contains(11);
    assertThat(dataset(letters, "data.class-names=[a,b,c,d,e,f,g,h,i,j,k,l]").classNames())
        .startsWith("a")
        .hasSize(12);
  }

  @Test
  void labelsWithAGapAreDamageUnlessNamesSayOtherwise() {
    refused(new int[] {0, 1, 200}, "data.validation=0", "[0, 1, 200]", "data.class-names");
    refused(new int[] {0, 2}, "data.class-names=[a,b]", "2 names", "0 to 2");

    ImageDataset dataset = dataset(new int[] {0, 2}, "data.class-names=[a,b,c]");
    assertThat(classes(dataset.train())).startsWith(0, 2);
    assertThat(dataset.classes()).isEqualTo(3);
  }

  /** As versions in registries have it. */
  @Test
  void checksumOfAPartIsOfItsShapeItsPixelsAndItsClasses() {
    ImageDataset dataset =
        dataset(
            new int[] {5, 6},
            "data.class-names=[a,b,c,d,e,f,g]",
            "data.channels=3",
            "data.test-limit=2");

    ByteBuffer content = ByteBuffer.allocate(4 * 4 + 2 * 3 * 4 + 2);
    content.putInt(2).putInt(3).putInt(2).putInt(2);
    content.put(new byte[12]).put(new byte[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
    content.put(new byte[] {5, 6});
    Examples test = dataset.test().orElseThrow();
    assertThat(test.sha256()).isEqualTo(DigestUtils.sha256Hex(content.array()));
    assertThat(test.channels()).isEqualTo(3);
  }

  @Test
  void fingerprintIsOfTheDataAndNotOfTheSettings() {
    String whole = dataset(new int[] {0, 1}).fingerprint();

    assertThat(whole).matches("[0-9a-f]{64}");
    assertThat(
            List.of(
                dataset(new int[] {0, 1}, "data.train-limit=5", "data.validation=1").fingerprint(),
                dataset(new int[] {0, 1}, "data.class-names=[a,b]").fingerprint()))
        .containsOnly(whole);
    assertThat(dataset(new int[] {1, 0}).fingerprint()).isNotEqualTo(whole);
    assertThat(Optional.of(whole))
        .isNotEqualTo(Optional.of(dataset(new int[] {0, 1, 2}).fingerprint()));
  }
}

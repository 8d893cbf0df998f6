package io.densespark.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfigLoader;
import io.densespark.data.DataConfig;
import io.densespark.data.DataException;
import io.densespark.data.DataFile;
import io.densespark.data.ImageSet;
import io.densespark.data.LabelledImages;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IdxDatasetTest {

  private static final int TRAIN = 40;
  private static final int TEST = 20;

  private static DataConfig config(String... settings) {
    ConfigSources sources = new ConfigSources();
    for (String setting : settings) {
      sources = sources.set(setting);
    }
    return new RunConfigLoader().load(sources).data();
  }

  /** Image i has pixels of value i and one of the labels in turn. */
  private static ImageSet images(int count, int... labels) {
    byte[] pixels = new byte[count * 4];
    byte[] of = new byte[count];
    for (int i = 0; i < count; i++) {
      java.util.Arrays.fill(pixels, 4 * i, 4 * i + 4, (byte) i);
      of[i] = (byte) labels[i % labels.length];
    }
    return new ImageSet(1, 2, 2, pixels, of);
  }

  private static ImageDataset dataset(int[] labels, String... settings) {
    LabelledImages files =
        new LabelledImages(
            images(TRAIN, labels),
            images(TEST, labels),
            "here",
            Collections.nCopies(4, new DataFile("file", "stored", "content")));
    return IdxDataset.of(files, config(settings));
  }

  private static ImageSet held(Examples examples) {
    return ((HeldExamples) examples).images();
  }

  private static void refused(int[] labels, String setting, String... said) {
    assertThatThrownBy(() -> dataset(labels, setting))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(said);
  }

  @Test
  void limitsTakeTheFirstAndValidationTheLastOfThem() {
    ImageDataset dataset =
        dataset(new int[] {0, 1}, "data.train-limit=30", "data.test-limit=7", "data.validation=10");

    assertThat(held(dataset.train()).pixels()).startsWith(0).hasSize(80).endsWith(19);
    assertThat(held(dataset.validation().orElseThrow()).pixels())
        .startsWith(20)
        .hasSize(40)
        .endsWith(29);
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
    assertThat(held(dataset.train()).labels()).startsWith(0, 1, 2).contains(11);
    assertThat(dataset(letters, "data.class-names=[a,b,c,d,e,f,g,h,i,j,k,l]").classNames())
        .startsWith("a")
        .hasSize(12);
  }

  @Test
  void labelsWithAGapAreDamageUnlessNamesSayOtherwise() {
    refused(new int[] {0, 1, 200}, "data.validation=0", "[0, 1, 200]", "data.class-names");
    refused(new int[] {0, 2}, "data.class-names=[a,b]", "2 names", "0 to 2");

    ImageDataset dataset = dataset(new int[] {0, 2}, "data.class-names=[a,b,c]");
    assertThat(held(dataset.train()).labels()).startsWith(0, 2);
    assertThat(dataset.classes()).isEqualTo(3);
  }

  @Test
  void greyBecomesThreeEqualPlanes() {
    ImageSet colour = held(dataset(new int[] {0, 1}, "data.channels=3").train());

    assertThat(colour.channels()).isEqualTo(3);
    assertThat(colour.range(17, 18).pixels()).hasSize(12).containsOnly(17);
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

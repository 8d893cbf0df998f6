package io.densespark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.densespark.data.BatchAssembler.Batch;
import io.densespark.data.BatchAssembler.PixelFormat;
import io.densespark.data.DataConfig.AugmentConfig;
import io.densespark.data.DataConfig.AugmentConfig.Flip;
import io.densespark.data.DataConfig.ErasingConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class BatchAssemblerTest {

  /** Seven 2x3 images in three data sets, pixel values 30 * image + position. */
  private static Shard shard(DataType type) {
    INDArray all = Nd4j.arange(0, 42).reshape(7, 1, 2, 3);
    for (int i = 0; i < 7; i++) {
      all.get(NDArrayIndex.point(i)).addi(24 * i);
    }
    INDArray labels = Nd4j.eye(7).castTo(DataType.FLOAT);
    List<DataSet> dataSets = new ArrayList<>();
    for (int[] range : new int[][] {{0, 3}, {3, 4}, {4, 7}}) {
      var rows = NDArrayIndex.interval(range[0], range[1]);
      dataSets.add(
          new DataSet(
              all.get(rows, NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.all())
                  .castTo(type),
              labels.get(rows, NDArrayIndex.all())));
    }
    return Shard.of(dataSets.iterator());
  }

  private static void assertImage(INDArray features, int place, int image, double scale) {
    for (int i = 0; i < 6; i++) {
      assertThat(features.getDouble(place, 0, i / 3, i % 3))
          .isCloseTo((30 * image + i) * scale, within(1e-6));
    }
  }

  private static BatchAssembler assembler(DataType type, PixelFormat format, double smoothing) {
    return new BatchAssembler(shard(type), format, smoothing, Augmentation.none());
  }

  @Test
  void gathersRowsAcrossDataSets() {
    Batch batch =
        assembler(DataType.UINT8, PixelFormat.UINT8, 0)
            .assemble(new int[] {9, 6, 0, 3, 2}, 1, 4, 0);
    assertThat(batch.features().dataType()).isEqualTo(DataType.UINT8);
    assertThat(batch.features().shape()).containsExactly(4, 1, 2, 3);
    assertThat(batch.labels().shape()).containsExactly(4, 7);
    int[] rows = {6, 0, 3, 2};
    for (int i = 0; i < rows.length; i++) {
      assertImage(batch.features(), i, rows[i], 1);
      for (int k = 0; k < 7; k++) {
        assertThat(batch.labels().getFloat(i, k)).isEqualTo(k == rows[i] ? 1 : 0);
      }
    }
  }

  @Test
  void scalesBytesToFloats() {
    Batch batch =
        assembler(DataType.UINT8, PixelFormat.FLOAT32, 0).assemble(new int[] {5, 1}, 0, 2, 0);
    assertThat(batch.features().dataType()).isEqualTo(DataType.FLOAT);
    assertImage(batch.features(), 0, 5, 1 / 255.0);
    assertImage(batch.features(), 1, 1, 1 / 255.0);
  }

  @Test
  void takesFloatsAsTheyAre() {
    Batch batch =
        assembler(DataType.FLOAT, PixelFormat.FLOAT32, 0).assemble(new int[] {4, 2}, 0, 2, 0);
    assertImage(batch.features(), 0, 4, 1);
    assertImage(batch.features(), 1, 2, 1);
  }

  @Test
  void refusesToMakeBytesOfFloats() {
    assertThatThrownBy(() -> assembler(DataType.FLOAT, PixelFormat.UINT8, 0))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("give UINT8");
  }

  @Test
  void smoothsLabelsIntoDistributions() {
    INDArray labels =
        assembler(DataType.UINT8, PixelFormat.UINT8, 0.14)
            .assemble(new int[] {3}, 0, 1, 0)
            .labels();
    assertThat(labels.getFloat(0, 3)).isCloseTo(0.88f, within(1e-6f));
    assertThat(labels.getFloat(0, 0)).isCloseTo(0.02f, within(1e-6f));
    assertThat(labels.sumNumber().doubleValue()).isCloseTo(1, within(1e-6));
  }

  @Test
  void reusesItsArrays() {
    BatchAssembler assembler = assembler(DataType.UINT8, PixelFormat.UINT8, 0);
    int[] order = {0, 1, 2, 3, 4, 5, 6};
    Batch whole = assembler.assemble(order, 0, 3, 0);
    assertThat(assembler.assemble(order, 6, 1, 0).features().size(0)).isEqualTo(1);
    Batch next = assembler.assemble(order, 3, 3, 0);
    assertThat(next.features()).isSameAs(whole.features());
    assertImage(next.features(), 0, 3, 1);
  }

  @Test
  void augmentsByTheIndexInTheWholeDataSet() {
    Augmentation augmentation =
        new Augmentation(new AugmentConfig(Flip.RANDOM, 1, ErasingConfig.none(), 0), 5);
    int[] order = {6, 2};
    for (PixelFormat format : PixelFormat.values()) {
      INDArray features =
          new BatchAssembler(shard(DataType.UINT8), format, 0, augmentation)
              .assemble(order, 0, 2, 3)
              .features();
      for (int place = 0; place < 2; place++) {
        byte[] image = new byte[6];
        for (int i = 0; i < 6; i++) {
          image[i] = (byte) (30 * order[place] + i);
        }
        byte[] expected = new byte[6];
        augmentation.apply(image, expected, 1, 2, 3, 3, order[place]);
        for (int i = 0; i < 6; i++) {
          double scale = format == PixelFormat.UINT8 ? 1 : 1 / 255.0;
          assertThat(features.getDouble(place, 0, i / 3, i % 3))
              .isCloseTo((expected[i] & 0xff) * scale, within(1e-6));
        }
      }
    }
  }

  @Test
  void mixesEachExampleOfABatchWithAPartner() {
    Augmentation mixing =
        new Augmentation(new AugmentConfig(Flip.OFF, 0, ErasingConfig.none(), 0.4), 5);
    int[] order = {9, 6, 0, 3, 2, 1, 5};
    Mixup mixup = mixing.mixup(3, 1, 5).orElseThrow();
    double share = (double) mixup.weight() / Mixup.ONE;
    for (PixelFormat format : PixelFormat.values()) {
      Batch batch =
          new BatchAssembler(shard(DataType.UINT8), format, 0.1, mixing).assemble(order, 1, 5, 3);
      double scale = format == PixelFormat.UINT8 ? 1 : 1 / 255.0;
      for (int place = 0; place < 5; place++) {
        int own = order[1 + place];
        int other = order[1 + mixup.partners()[place]];
        for (int i = 0; i < 6; i++) {
          double mixed = share * (30 * own + i) + (1 - share) * (30 * other + i);
          assertThat(batch.features().getDouble(place, 0, i / 3, i % 3))
              .isCloseTo(mixed * scale, within(0.5001 * scale));
        }
        for (int k = 0; k < 7; k++) {
          double label = (k == own ? share : 0) + (k == other ? 1 - share : 0);
          assertThat(batch.labels().getDouble(place, k))
              .isCloseTo(0.9 * label + 0.1 / 7, within(1e-6));
        }
      }
    }
  }

  @Test
  void refusesToMixFloats() {
    Augmentation mixing =
        new Augmentation(new AugmentConfig(Flip.OFF, 0, ErasingConfig.none(), 1), 5);
    assertThatThrownBy(
            () -> new BatchAssembler(shard(DataType.FLOAT), PixelFormat.FLOAT32, 0, mixing))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("give UINT8");
  }

  @Test
  void refusesBatchesBeyondTheOrder() {
    BatchAssembler assembler = assembler(DataType.UINT8, PixelFormat.UINT8, 0);
    assertThatThrownBy(() -> assembler.assemble(new int[] {0, 1}, 1, 2, 0))
        .hasMessageContaining("2 from 1");
  }

  @Test
  void refusesAnEmptyPartitionAndUnlikeDataSets() {
    assertThatThrownBy(() -> Shard.of(List.<DataSet>of().iterator()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("empty partition");
    DataSet two = new DataSet(Nd4j.zeros(DataType.UINT8, 2, 1, 4, 4), Nd4j.zeros(2, 10));
    DataSet other = new DataSet(Nd4j.zeros(DataType.UINT8, 2, 1, 4, 5), Nd4j.zeros(2, 10));
    assertThatThrownBy(() -> Shard.of(Arrays.asList(two, other).iterator()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("[2, 1, 4, 5]");
  }
}

package io.densespark.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.densespark.scaling.StepTimeModel.Cluster;
import io.densespark.scaling.StepTimeModel.Model;
import io.densespark.sync.SyncConfig.WireFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StepTimeModelTest {

  private static final Model MODEL = new Model(1_000_000, 0, 1_000_000, 40_000);

  @Test
  void addsUpTheRoundsOfADenseSumByHand() {
    StepTimeModel model = new StepTimeModel(0.2, 0, 0.01, 125e6, 0.001, 0.0001, 2e-9);

    // Of 4 MB, 3 quarters leave each of 4 ranks in each of 2 rounds, in 3 frames.
    double round = 0.01 + (3e6 + 3 * 48) / 125e6 + 0.001 + 3 * 0.0001;
    assertThat(model.gradientSharingSeconds(MODEL, WireFormat.FP32, 4))
        .isCloseTo(0.2 + 2 * round + 0.002, within(1e-12));
    double losses = 0.01 + 3 * (64 + 48) / 125e6 + 0.001 + 3 * 0.0001;
    assertThat(model.parameterAveragingSeconds(MODEL, 8, new Cluster(4, 1)))
        .isCloseTo(0.2 + (losses + 2 * (2 * round + 0.002)) / 8, within(1e-12));
  }

  @ParameterizedTest
  @EnumSource(WireFormat.class)
  void oneReplicaOfADenseFormatPaysNothingAndMoreThatExchangeAlikeNeverPayLess(WireFormat format) {
    StepTimeModel model = new StepTimeModel(0.2, 0.01, 0.0001, 1.25e9, 0.0001, 0.00001, 1e-9);
    double before = model.gradientSharingSeconds(MODEL, format, 1);
    if (format == WireFormat.FP32) {
      assertThat(model.efficiency(before)).isEqualTo(1);
    }
    for (int worldSize = 2; worldSize <= 16_384; worldSize *= 2) {
      double now = model.gradientSharingSeconds(MODEL, format, worldSize);
      if (worldSize != 512) { // The first to halve and double.
        assertThat(now).isGreaterThan(before);
      }
      before = now;
    }
  }

  @Test
  void sparseMessagesWinOnFewRanksAndLoseOnMany() {
    StepTimeModel model = new StepTimeModel(0.2, 0, 0.0001, 125e6, 0, 0, 0);

    assertThat(model.gradientSharingSeconds(MODEL, WireFormat.THRESHOLD, 8))
        .isLessThan(model.gradientSharingSeconds(MODEL, WireFormat.BF16, 8));
    assertThat(model.gradientSharingSeconds(MODEL, WireFormat.THRESHOLD, 1024))
        .isGreaterThan(model.gradientSharingSeconds(MODEL, WireFormat.FP32, 1024));
  }

  @Test
  void executorsOfSeveralCoresSendAGradientOnceAndMeansAsDoubles() {
    StepTimeModel model = new StepTimeModel(0.2, 0, 0.01, 125e6, 0.001, 0.0001, 2e-9);
    Cluster cluster = new Cluster(4, 8);

    assertThat(model.gradientSharingSeconds(MODEL, WireFormat.FP32, cluster))
        .isEqualTo(model.gradientSharingSeconds(MODEL, WireFormat.FP32, 4));
    // Of 8 MB 3 quarters go to the owners, of 4 MB 3 quarters come back.
    double one = 0.01 + 3 * 48 / 125e6 + 0.001 + 3 * 0.0001;
    double mean = 2 * one + 9e6 / 125e6 + 0.002;
    double losses = one + 3 * 8 * 8 / 125e6;
    assertThat(model.parameterAveragingSeconds(MODEL, 1, cluster))
        .isCloseTo(0.2 + losses + 2 * mean, within(1e-12));
  }

  @Test
  void oneExecutorAddsInItsMemoryAlone() {
    StepTimeModel model = new StepTimeModel(0.2, 0, 1, 1, 1, 1, 2e-9);

    assertThat(model.gradientSharingSeconds(MODEL, WireFormat.FP32, new Cluster(1, 32)))
        .isCloseTo(0.2 + 0.002, within(1e-12));
  }

  @Test
  void halvingAndDoublingSendsTheSameBytesInMoreHopsOfFewerFrames() {
    StepTimeModel bytesAlone = new StepTimeModel(1, 0, 0, 1e15, 0, 0, 0);
    StepTimeModel hopsAlone = new StepTimeModel(1, 0, 1, 1e30, 0, 0, 0);
    StepTimeModel framesAlone = new StepTimeModel(1, 0, 0, 1e30, 0, 1, 0);
    long values = 1_000_000_000_000L;

    assertThat(bytesAlone.halvingAndDoublingSeconds(values, 4, 16))
        .isCloseTo(bytesAlone.directSeconds(values, 4, 16), within(1e-9));
    assertThat(hopsAlone.directSeconds(values, 4, 16)).isCloseTo(2, within(1e-9));
    assertThat(hopsAlone.halvingAndDoublingSeconds(values, 4, 16)).isCloseTo(8, within(1e-9));
    assertThat(framesAlone.directSeconds(values, 4, 16)).isCloseTo(30, within(1e-9));
    assertThat(framesAlone.halvingAndDoublingSeconds(values, 4, 16)).isCloseTo(8, within(1e-9));
  }

  @Test
  void manyExecutorsHalveAndDouble() {
    StepTimeModel framesAlone = new StepTimeModel(1, 0, 0, 1e30, 0, 1, 0);

    assertThat(framesAlone.gradientSharingSeconds(MODEL, WireFormat.FP32, 256))
        .isCloseTo(1 + 2 * 255, within(1e-9));
    assertThat(framesAlone.gradientSharingSeconds(MODEL, WireFormat.FP32, 500))
        .isCloseTo(1 + 2 * 499, within(1e-9));
    assertThat(framesAlone.gradientSharingSeconds(MODEL, WireFormat.FP32, 512))
        .isCloseTo(1 + 2 * 9, within(1e-9));
  }

  @Test
  void refusesConstantsThatAreNone() {
    assertThatThrownBy(() -> new StepTimeModel(0.2, 0, 0, 0, 0, 0, 0))
        .hasMessageContaining("bandwidth");
    assertThatThrownBy(() -> new StepTimeModel(0.2, 0, -1, 1, 0, 0, 0))
        .hasMessageContaining("negative");
  }
}

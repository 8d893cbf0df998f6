package io.densespark.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.densespark.metrics.CellRecord;
import io.densespark.scaling.ArmConfig.Budget;
import io.densespark.scaling.ArmConfig.Choice;
import io.densespark.scaling.CriticalBatch.Point;
import io.densespark.scaling.Finding.Arm;
import io.densespark.scaling.Finding.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class FindingTest {

  private final List<CellRecord> cells = new ArrayList<>();

  @Test
  void fitFindsTheCurveThatPointsLieOn() {
    CriticalBatch fit =
        CriticalBatch.fit(
                List.of(64, 256, 1024, 4096).stream()
                    .map(batch -> new Point(batch, 5 * (1 + batch / 800.0)))
                    .toList())
            .orElseThrow();

    assertThat(fit.leastEpochs()).isCloseTo(5, within(1e-9));
    assertThat(fit.batch()).isCloseTo(800, within(1e-6));
    // (S/Smin - 1)(E/Emin - 1) = 1, where S = E N / B and Smin = Emin N / Bcrit.
    double steps = fit.epochs(256) / 256;
    double least = fit.leastEpochs() / fit.batch();
    assertThat((steps / least - 1) * (fit.epochs(256) / fit.leastEpochs() - 1))
        .isCloseTo(1, within(1e-9));
  }

  @Test
  void fitOfMlperfsPointsMissesNoneByMoreThanFourEpochs() {
    CriticalBatch fit = CriticalBatch.fit(CriticalBatch.MLPERF).orElseThrow();

    assertThat(CriticalBatch.MLPERF)
        .allSatisfy(
            point -> assertThat(fit.epochs(point.batch())).isCloseTo(point.epochs(), within(4.0)));
  }

  @Test
  void thereIsNoFitOfTwoPointsNorOfEpochsThatDoNotGrow() {
    assertThat(CriticalBatch.fit(List.of(new Point(64, 5), new Point(128, 6)))).isEmpty();
    assertThat(CriticalBatch.fit(List.of(new Point(64, 5), new Point(128, 5), new Point(256, 4))))
        .isEmpty();
    assertThat(CriticalBatch.fit(List.of())).isEmpty();
  }

  @Test
  void ofFiveRunsTheFastestAndTheSlowestAreDropped() {
    double never = Double.POSITIVE_INFINITY;

    assertThat(Spread.olympicMean(List.of(9.0, 4.0, 5.0, 6.0, 100.0)))
        .isCloseTo(20 / 3.0, within(1e-12));
    assertThat(Spread.olympicMean(List.of(4.0, 5.0, 6.0, 7.0, never))).isEqualTo(6);
    assertThat(Spread.olympicMean(List.of(4.0, 5.0, 6.0, never, never))).isInfinite();
    assertThat(Spread.olympicMean(List.of(4.0, 5.0, never))).isInfinite();
    assertThat(Spread.olympicMean(List.of(4.0, 5.0))).isEqualTo(4.5);
  }

  @Test
  void deviationIsThatOfASample() {
    Spread spread = Spread.of(List.of(1.0, 2.0, 6.0));

    assertThat(spread.mean()).isEqualTo(3);
    assertThat(spread.deviation()).isCloseTo(Math.sqrt(7), within(1e-12));
    assertThat(Spread.of(List.of(1.0)).deviation()).isNaN();
  }

  @Test
  void anArmIsToldByTheBatchUpToWhichItKeepsTheAccuracyOfTheBase() {
    ran(64, 0.900, 4, 0.902, 4);
    ran(256, 0.899, 5, 0.900, 5);
    ran(1024, 0.880, 8, 0.884, 8);

    Arm arm = finding(64, 256, 1024).arms().get(0);

    assertThat(arm.text())
        .isEqualTo(
            "keeps the 0.9010 of batch 64 within 0.3 points up to batch 256; loses 1.9 points at 1,024");
    Row row = arm.rows().get(1);
    assertThat(row.accuracy()).isCloseTo(0.8995, within(1e-12));
    assertThat(row.accuracyDeviation()).isCloseTo(0.0005 * Math.sqrt(2), within(1e-12));
    assertThat(row.epochsToTarget()).isEqualTo(5);
    assertThat(row.stepsToTarget()).isEqualTo(1250);
    assertThat(row.computeShare()).isCloseTo(0.8, within(1e-12));
    // By hand: the slope through (64, 4), (256, 5) and (1024, 8) is 2112 / 516096.
    assertThat(arm.fit().epochs(64)).isCloseTo(17 / 3.0 - 384 * 2112 / 516_096.0, within(1e-9));
  }

  @Test
  void runsThatDivergedOrDidNotGetThereAreCountedAndNotLeftOut() {
    ran(64, 0.90, 4, 0.90, 4);
    ran(256, Double.NaN, null, 0.86, null);
    ran(1024, Double.NaN, null, Double.NaN, null);

    Arm arm = finding(64, 256, 1024).arms().get(0);

    assertThat(arm.rows()).extracting(Row::diverged).containsExactly(0, 1, 2);
    assertThat(arm.rows()).extracting(Row::runs).containsExactly(2, 2, 2);
    assertThat(arm.rows()).extracting(Row::converged).containsExactly(2, 0, 0);
    assertThat(arm.rows().get(1).accuracy()).isEqualTo(0.86);
    assertThat(arm.rows().get(2).accuracy()).isNull();
    assertThat(arm.fit()).isNull();
    assertThat(arm.text())
        .endsWith("loses 4.0 points at 256, everything at 1,024, where no run trained to its end");
  }

  @Test
  void runsAtARateThatWasNotChosenAreTrialsOnly() {
    cells.add(Cells.ended(new Cell("linear", 64, 0.1, 1), 0.90));
    cells.add(Cells.ended(new Cell("linear", 64, 0.4, 1), 0.50).chosen(false));

    assertThat(finding(64).arms().get(0).rows())
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.runs()).isEqualTo(1);
              assertThat(row.accuracy()).isEqualTo(0.90);
            });
  }

  @Test
  void aBatchIsToldWhenItsRateIsChosen() {
    ran(64, 0.90, 4, 0.90, 4);
    cells.add(Cells.ended(new Cell("linear", 256, 0.1, 1), 0.50).chosen(false));

    assertThat(finding(Choice.ACCURACY, List.of(0.1, 0.4), 64, 256).arms().get(0).rows())
        .extracting(Row::batch)
        .containsExactly(64);
  }

  @Test
  void anArmThatStopsAtTheTargetIsToldByWhereItGotThere() {
    ran(64, 0.85, 4, 0.86, 4);
    ran(256, 0.86, 6, 0.85, 5);
    ran(1024, 0.80, null, 0.85, 9);

    assertThat(finding(Choice.TARGET, List.of(0.1), 64, 256, 1024).arms().get(0).text())
        .isEqualTo("reaches the target at 64, 256; does not at 1,024");
  }

  private void ran(int batch, double first, Integer toFirst, double second, Integer toSecond) {
    cells.add(Cells.ended(new Cell("linear", batch, 0.1, 1), first, toFirst));
    cells.add(Cells.ended(new Cell("linear", batch, 0.1, 2), second, toSecond));
  }

  private Finding finding(Integer... batches) {
    return finding(Choice.ACCURACY, List.of(0.1), batches);
  }

  private Finding finding(Choice choice, List<Double> rates, Integer... batches) {
    ArmConfig arm =
        new ArmConfig(
            "linear",
            List.of(batches),
            List.of(1L, 2L),
            OptionalInt.of(32),
            Growth.LINEAR,
            Growth.NONE,
            rates,
            Budget.EPOCHS,
            choice,
            Map.of());
    ScaleConfig scale = new ScaleConfig(64, Optional.of(0.85), Optional.empty(), 1, List.of());
    return Finding.of("fall", new Grid(scale, List.of(arm)), cells);
  }
}

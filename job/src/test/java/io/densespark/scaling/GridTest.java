package io.densespark.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.densespark.scaling.ArmConfig.Budget;
import io.densespark.scaling.ArmConfig.Choice;
import io.densespark.settings.SettingsException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GridTest {

  private final Map<Cell, io.densespark.metrics.CellRecord> ended = new HashMap<>();

  @Test
  void anArmWithOneRateTrainsAllItsSeedsSeedBySeedSmallBatchesFirst() {
    Grid grid = grid(arm("none", List.of(256, 64), List.of(1L, 2L), List.of(0.1)));

    assertThat(grid.next(ended))
        .containsExactly(
            new Cell("none", 64, 0.1, 1),
            new Cell("none", 256, 0.1, 1),
            new Cell("none", 64, 0.1, 2),
            new Cell("none", 256, 0.1, 2));
    assertThat(grid.size()).isEqualTo(4);
  }

  @Test
  void theOtherSeedsTrainAtTheBestOfTheRatesTriedWithTheFirst() {
    Grid grid = grid(arm("lars", List.of(64), List.of(1L, 2L, 3L), List.of(0.1, 0.2, 0.4)));

    assertThat(grid.next(ended)).extracting(Cell::baseRate).containsExactly(0.1, 0.2, 0.4);
    assertThat(grid.size()).isEqualTo(5);
    end(new Cell("lars", 64, 0.1, 1), 0.80);
    end(new Cell("lars", 64, 0.2, 1), 0.85);
    assertThat(grid.next(ended)).containsExactly(new Cell("lars", 64, 0.4, 1));
    end(new Cell("lars", 64, 0.4, 1), Double.NaN);
    assertThat(grid.next(ended))
        .containsExactly(new Cell("lars", 64, 0.2, 2), new Cell("lars", 64, 0.2, 3));
  }

  @Test
  void ofEquallyGoodRatesTheSmallerIsChosenAndOfNoneThatTrainsNone() {
    Grid grid = grid(arm("a", List.of(64, 128), List.of(1L, 2L), List.of(0.1, 0.2)));
    end(new Cell("a", 64, 0.1, 1), 0.8);
    end(new Cell("a", 64, 0.2, 1), 0.8);
    end(new Cell("a", 128, 0.1, 1), Double.NaN);
    end(new Cell("a", 128, 0.2, 1), Double.NaN);

    assertThat(grid.chosenRate("a", 64, ended)).contains(0.1);
    assertThat(grid.chosenRate("a", 128, ended)).isEmpty();
    assertThat(grid.next(ended)).containsExactly(new Cell("a", 64, 0.1, 2));
  }

  @Test
  void anArmThatIsTimedToTheTargetTakesTheRateOfFewestEpochs() {
    ArmConfig arm =
        new ArmConfig(
            "a",
            List.of(64),
            List.of(1L, 2L),
            OptionalInt.of(32),
            Growth.LINEAR,
            Growth.NONE,
            List.of(0.1, 0.2, 0.4),
            Budget.EPOCHS,
            Choice.TARGET,
            Map.of());
    ended.put(new Cell("a", 64, 0.1, 1), Cells.ended(new Cell("a", 64, 0.1, 1), 0.9, 7));
    ended.put(new Cell("a", 64, 0.2, 1), Cells.ended(new Cell("a", 64, 0.2, 1), 0.8, 5));
    ended.put(new Cell("a", 64, 0.4, 1), Cells.ended(new Cell("a", 64, 0.4, 1), 0.7, null));

    assertThat(grid(arm).chosenRate("a", 64, ended)).contains(0.2);
  }

  @Test
  void runsAreNamedByAllThatTellsThemApart() {
    assertThat(new Cell("linear", 1024, 0.05, 3).runId("fall"))
        .isEqualTo("fall-linear-b1024-r0.05-s3");
  }

  /** By hand: 0.1 at batch 64, with two epochs of warm-up of ten. */
  @ParameterizedTest
  @CsvSource({
    // growth of rate and warm-up, budget, batch, then rate, warm-up, epochs, replicas of 32
    "NONE, NONE, EPOCHS, 1024, 0.1, 2, 10, 32",
    "SQUARE_ROOT, NONE, EPOCHS, 1024, 0.4, 2, 10, 32",
    "LINEAR, NONE, EPOCHS, 1024, 1.6, 2, 10, 32",
    "LINEAR, SQUARE_ROOT, EPOCHS, 256, 0.4, 4, 10, 8",
    "LINEAR, LINEAR, EPOCHS, 1024, 1.6, 5, 10, 32",
    "LINEAR, LINEAR, STEPS, 256, 0.4, 8, 40, 8",
    "LINEAR, NONE, STEPS, 16, 0.025, 1.5, 3, 1",
    "SQUARE_ROOT, NONE, EPOCHS, 64, 0.1, 2, 10, 2"
  })
  void settingsFollowFromTheBatch(
      Growth rate,
      Growth warmup,
      Budget budget,
      int batch,
      String learningRate,
      String warmupEpochs,
      String epochs,
      String replicas) {
    ArmConfig arm =
        new ArmConfig(
            "a",
            List.of(batch),
            List.of(7L),
            OptionalInt.of(32),
            rate,
            warmup,
            List.of(0.1),
            budget,
            Choice.ACCURACY,
            Map.of());

    assertThat(arm.settings(new Cell("a", batch, 0.1, 7), 64, 2, 10))
        .containsOnly(
            entry("train.batch-size", Integer.toString(batch)),
            entry("train.seed", "7"),
            entry("train.optimizer.learning-rate", learningRate),
            entry("train.schedule.warmup-epochs", warmupEpochs),
            entry("train.epochs", epochs),
            entry("sync.replicas", replicas));
  }

  @Test
  void whatIsNamedTwiceIsRefused() {
    assertThatThrownBy(() -> arm("a", List.of(64, 64), List.of(1L, 1L), List.of(0.1)))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("names a batch twice")
        .hasMessageContaining("names a seed twice");
  }

  private void end(Cell cell, double accuracy) {
    ended.put(cell, Cells.ended(cell, accuracy));
  }

  private static Grid grid(ArmConfig... arms) {
    return new Grid(
        new ScaleConfig(64, Optional.empty(), Optional.empty(), 1, List.of()), List.of(arms));
  }

  private static ArmConfig arm(
      String name, List<Integer> batches, List<Long> seeds, List<Double> rates) {
    return new ArmConfig(
        name,
        batches,
        seeds,
        OptionalInt.of(32),
        Growth.LINEAR,
        Growth.NONE,
        rates,
        Budget.EPOCHS,
        Choice.ACCURACY,
        Map.of());
  }
}

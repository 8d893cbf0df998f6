package io.densespark.job.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.metrics.EpochRecord;
import io.densespark.train.TrainConfig.EarlyStoppingConfig;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class EarlyStoppingTest {

  private static int epochsUntilStop(EarlyStopping stopping, List<Double> accuracies) {
    int done = 0;
    while (done < accuracies.size() && !stopping.isDue()) {
      stopping.add(accuracies.get(done++));
    }
    return done;
  }

  @Test
  void stopsAfterSoManyEpochsWithoutGain() {
    EarlyStopping stopping =
        new EarlyStopping(new EarlyStoppingConfig(2, 0, Optional.empty()), List.of());
    assertThat(epochsUntilStop(stopping, List.of(0.5, 0.4, 0.6, 0.6, 0.59, 0.9))).isEqualTo(5);
  }

  @Test
  void smallRisesAreNoGain() {
    EarlyStopping stopping =
        new EarlyStopping(new EarlyStoppingConfig(3, 0.1, Optional.empty()), List.of());
    assertThat(epochsUntilStop(stopping, List.of(0.5, 0.55, 0.59, 0.64, 0.9))).isEqualTo(4);
  }

  @Test
  void stopsWithTheFirstEpochThatReachesTheTarget() {
    EarlyStopping stopping =
        new EarlyStopping(new EarlyStoppingConfig(0, 0, Optional.of(0.6)), List.of());
    assertThat(epochsUntilStop(stopping, List.of(0.5, 0.59, 0.6, 0.7))).isEqualTo(3);
  }

  @Test
  void neverStopsWhereSwitchedOff() {
    EarlyStopping stopping =
        new EarlyStopping(new EarlyStoppingConfig(0, 0, Optional.empty()), List.of());
    assertThat(epochsUntilStop(stopping, List.of(0.5, 0.4, 0.3, 0.2))).isEqualTo(4);
  }

  /** Its definition, from the whole sequence at once; and a run that goes on decides alike. */
  @Property
  void stopsAtTheFirstEpochWhosePredecessorsWereNoGain(
      @ForAll @Size(min = 1, max = 12) List<@DoubleRange(max = 1) Double> accuracies,
      @ForAll @IntRange(min = 1, max = 4) int patience,
      @ForAll @DoubleRange(max = 0.3) double minGain,
      @ForAll @IntRange(max = 12) int resumed) {
    int expected =
        IntStream.rangeClosed(patience + 1, accuracies.size())
            .filter(
                end ->
                    IntStream.range(end - patience, end)
                        .allMatch(
                            i ->
                                accuracies.get(i)
                                    <= accuracies.subList(0, i).stream()
                                            .mapToDouble(Double::doubleValue)
                                            .max()
                                            .orElseThrow()
                                        + minGain))
            .findFirst()
            .orElse(accuracies.size());
    EarlyStoppingConfig config = new EarlyStoppingConfig(patience, minGain, Optional.empty());
    assertThat(epochsUntilStop(new EarlyStopping(config, List.of()), accuracies))
        .isEqualTo(expected);

    int before = Math.min(resumed, expected);
    List<EpochRecord> earlier =
        accuracies.subList(0, before).stream().map(EarlyStoppingTest::validated).toList();
    EarlyStopping again = new EarlyStopping(config, earlier);
    assertThat(before + epochsUntilStop(again, accuracies.subList(before, accuracies.size())))
        .isEqualTo(expected);
  }

  private static EpochRecord validated(double accuracy) {
    return new EpochRecord(1, 1, 1, null, null, 1.0, accuracy, 1, 1, 0.1, List.of(), List.of());
  }
}

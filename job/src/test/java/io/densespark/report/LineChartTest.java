package io.densespark.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineChartTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0     | 1      | 0.0 0.2 0.4 0.6 0.8 1.0",
        "0.831 | 0.916  | 0.82 0.84 0.86 0.88 0.90 0.92",
        "0     | 1551   | 0 500 1,000 1,500 2,000",
        "-0.3  | 0.3    | -0.4 -0.2 0.0 0.2 0.4",
        "5     | 5      | 5.0 5.1 5.2 5.3 5.4 5.5"
      })
  void axisEndsAtRoundValuesAroundTheData(double least, double greatest, String labels) {
    assertThat(Scale.rounded(least, greatest, 100, 0, 5).ticks())
        .extracting(Scale.Tick::label)
        .containsExactly(labels.split(" "));
  }

  @Test
  void wholeNumbersAreTheTicksOfFewEpochs() {
    assertThat(Scale.whole(1, 3, 0, 100, 6).ticks())
        .extracting(Scale.Tick::label)
        .containsExactly("1", "2", "3");
  }

  @Test
  void pointsStandWhereTheirValuesAre() {
    LineChart chart =
        chart(List.of(new double[] {1, 0}, new double[] {2, 5}, new double[] {3, 10}));

    assertThat(chart.lines().get(0).path()).isEqualTo("M52.0,210.0 L300.0,111.0 L548.0,12.0");
    assertThat(chart.lines().get(0).band()).isEmpty();
    assertThat(chart.lines().get(0).marks()).hasSize(3);
  }

  @Test
  void longSeriesBecomesMeansBetweenExtremes() {
    LineChart chart =
        chart(
            IntStream.rangeClosed(1, 100_000)
                .mapToObj(step -> new double[] {step, step % 2 == 0 ? 0 : 10})
                .toList());
    LineChart.Drawn line = chart.lines().get(0);

    assertThat(line.path().length()).isLessThan(5000);
    assertThat(line.path().split(" L")).allMatch(point -> point.matches("M?[\\d.]+,11[01]\\.\\d"));
    assertThat(line.band()).contains(",12.0", ",210.0").endsWith("Z");
  }

  @Test
  void valuesThatAreNotFiniteAreLeftOut() {
    assertThat(chart(List.of(new double[] {1, Double.NaN}))).isNull();
    LineChart chart = chart(List.of(new double[] {1, Double.NaN}, new double[] {2, 4}));
    assertThat(chart.lines().get(0).marks()).hasSize(1);
    assertThat(chart.description()).contains("4.000 at step 2").doesNotContain("NaN");
  }

  private static LineChart chart(List<double[]> points) {
    return LineChart.of(
        "id",
        "title",
        "step",
        LineChart.Axes.FROM_ZERO,
        List.of(new LineChart.Line("line", "c1", points, true)));
  }
}

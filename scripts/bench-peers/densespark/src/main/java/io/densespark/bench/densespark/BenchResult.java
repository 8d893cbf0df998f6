package io.densespark.bench.densespark;

import io.densespark.metrics.Machine;
import java.time.Instant;
import java.util.List;

/**
 * What one run of {@code scripts/bench engine} found, as its JSON file has it.
 *
 * @param command that was run
 * @param threads cores that each engine used
 * @param peakGigaflopsPerSecond float32, median over all rounds
 * @param fastestGigaflopsPerSecond of the fastest matrix product of all rounds
 * @param leftOut peers that are missing, each with the reason
 */
record BenchResult(
    String command,
    Instant finished,
    Machine machine,
    int threads,
    int rounds,
    double peakGigaflopsPerSecond,
    double fastestGigaflopsPerSecond,
    List<NetResult> nets,
    List<String> leftOut) {

  /**
   * One net on every engine.
   *
   * @param trainingMegaflopsPerImage by the usual convention, three times the forward pass
   */
  record NetResult(
      String net,
      int channels,
      int side,
      int batch,
      double trainingMegaflopsPerImage,
      List<EngineResult> engines) {}

  /** One engine, or one of its variants, on one net. */
  record EngineResult(
      String engine,
      String variant,
      Measured trainingImagesPerSecond,
      Measured inferenceImagesPerSecond,
      double trainingShareOfPeak,
      long trainingPeakBytes,
      double firstLoss,
      double lastLoss) {}

  /** Median, extremes and the rounds themselves, in their order. */
  record Measured(double median, double least, double most, List<Double> rounds) {

    static Measured of(List<Double> rounds) {
      double[] sorted = rounds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      if (sorted.length == 0) {
        return new Measured(Double.NaN, Double.NaN, Double.NaN, rounds);
      }
      int n = sorted.length;
      double median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
      return new Measured(median, sorted[0], sorted[n - 1], List.copyOf(rounds));
    }
  }
}

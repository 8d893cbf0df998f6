package io.densespark.bench.densespark;

import io.densespark.bench.densespark.BenchResult.EngineResult;
import io.densespark.bench.densespark.BenchResult.Measured;
import io.densespark.bench.densespark.BenchResult.NetResult;
import java.util.Comparator;
import java.util.Formatter;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** A result as lines of text. */
final class ReportTable {

  /** Name of the job's own engine among the peers. */
  private static final String OURS = "densespark";

  private final StringBuilder text = new StringBuilder();
  private final Formatter lines = new Formatter(text, Locale.ROOT);

  private ReportTable() {}

  static String of(BenchResult result) {
    ReportTable table = new ReportTable();
    table.lines.format(
        "%s, %d cores used, %.0f GFLOP/s float32 (oneDNN matrix product in the same run; "
            + "the fastest %.0f); medians of %d rounds taken in turn%n",
        result.machine().cpu(),
        result.threads(),
        result.peakGigaflopsPerSecond(),
        result.fastestGigaflopsPerSecond(),
        result.rounds());
    result.nets().forEach(table::net);
    result.leftOut().forEach(peer -> table.lines.format("left out: %s%n", peer));
    return table.text.toString();
  }

  private void net(NetResult net) {
    lines.format(
        "%n%s at %dx%dx%d, batch %d, %.0f MFLOP per training image%n",
        net.net(),
        net.channels(),
        net.side(),
        net.side(),
        net.batch(),
        net.trainingMegaflopsPerImage());
    lines.format(
        "%-32s %24s %9s %9s %24s %9s %9s%n",
        "engine",
        "training images/s",
        "of peak",
        "ours is",
        "inference images/s",
        "ours is",
        "memory");
    for (EngineResult engine : net.engines()) {
      lines.format(
          "%-32s %24s %8.1f%% %9s %24s %9s %6d MB%n",
          engine.variant().isEmpty() ? engine.engine() : engine.engine() + " " + engine.variant(),
          range(engine.trainingImagesPerSecond()),
          100 * engine.trainingShareOfPeak(),
          times(net, engine, EngineResult::trainingImagesPerSecond),
          range(engine.inferenceImagesPerSecond()),
          times(net, engine, EngineResult::inferenceImagesPerSecond),
          engine.trainingPeakBytes() >> 20);
    }
    lines.format(
        "ours: densespark %s in training, %s in inference, the faster of its variants%n",
        ours(net, EngineResult::trainingImagesPerSecond).map(EngineResult::variant).orElse("none"),
        ours(net, EngineResult::inferenceImagesPerSecond)
            .map(EngineResult::variant)
            .orElse("none"));
    if (net.engines().stream().anyMatch(engine -> engine.engine().startsWith("bigdl"))) {
      lines.format(
          "BigDL's MKL-DNN engine computes wrong gradients where a channel count is not a multiple "
              + "of 16, as in this net: its figure is a speed only%n");
    }
  }

  private static String range(Measured of) {
    return String.format(Locale.ROOT, "%.0f (%.0f-%.0f)", of.median(), of.least(), of.most());
  }

  private static String times(
      NetResult net, EngineResult other, Function<EngineResult, Measured> measure) {
    if (other.engine().equals(OURS)) {
      return "";
    }
    return ours(net, measure)
        .map(ours -> measure.apply(ours).median() / measure.apply(other).median())
        .map(times -> String.format(Locale.ROOT, "%.2fx", times))
        .orElse("");
  }

  /** The variant of the job's engine that does best; empty where none could be measured. */
  private static Optional<EngineResult> ours(
      NetResult net, Function<EngineResult, Measured> measure) {
    return net.engines().stream()
        .filter(engine -> engine.engine().equals(OURS))
        .max(Comparator.comparingDouble(engine -> measure.apply(engine).median()));
  }
}

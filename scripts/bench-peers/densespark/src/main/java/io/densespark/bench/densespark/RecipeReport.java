package io.densespark.bench.densespark;

import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.Machine;
import io.densespark.metrics.RunEvent;
import io.densespark.storage.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Puts the runs of {@code scripts/bench recipe} together: {@code RecipeReport DIRECTORY TARGET|none
 * COMMAND}. The directory holds {@code runs.txt}, a line {@code SEED|BEGAN|DIRECTORY} for each run:
 * when its command was given, in seconds since 1970, and where it wrote.
 */
public final class RecipeReport {

  /** MLPerf's rule drops the fastest and the slowest of at least so many runs. */
  static final int OLYMPIC_RUNS = 5;

  /**
   * What a recipe reaches.
   *
   * @param target accuracy to be reached; null: none
   * @param meanAccuracy on the test images after the last epoch
   * @param deviation of the sample; NaN for one run
   * @param olympicSeconds to the target by MLPerf's rule; NaN where there are too few runs, or two
   *     that did not reach it
   */
  record RecipeResult(
      String command,
      Instant finished,
      Machine machine,
      Double target,
      double meanAccuracy,
      double deviation,
      double olympicSeconds,
      List<RunResult> runs) {}

  /**
   * One seed.
   *
   * @param accuracy after each epoch, 0 to 1: on the images held out, where there are any, else on
   *     the test images
   * @param testAccuracy after the last epoch
   * @param startSeconds from the command to the first batch
   * @param trainingSeconds of the steps
   * @param seconds from the first batch to the end of the last evaluation
   * @param targetSeconds from the first batch to the end of the evaluation that first reached the
   *     target; infinite where none did
   */
  record RunResult(
      String seed,
      List<Double> accuracy,
      double testAccuracy,
      double startSeconds,
      double trainingSeconds,
      double seconds,
      double targetSeconds) {}

  private RecipeReport() {}

  /** Writes {@code results.json} into the directory and prints the table. */
  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    Double target = arguments[1].equals("none") ? null : Double.valueOf(arguments[1]);
    List<RunResult> runs = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("runs.txt"))) {
      String[] parts = line.split("\\|", 3);
      Instant began = Instant.ofEpochSecond(Long.parseLong(parts[1]));
      runs.add(run(parts[0], began, Path.of(parts[2]).resolve("metrics"), target));
    }
    RecipeResult result =
        new RecipeResult(
            arguments[2],
            Instant.now(),
            Machine.ofThisProcess(),
            target,
            mean(runs, RunResult::testAccuracy),
            deviation(runs),
            olympic(runs),
            runs);
    Files.write(directory.resolve("results.json"), Json.document(result));
    System.out.print(table(result));
  }

  private static RunResult run(String seed, Instant began, Path metrics, Double target)
      throws IOException {
    List<EpochRecord> epochs = lines(metrics.resolve("epochs.jsonl"), EpochRecord.class);
    List<RunEvent> events = lines(metrics.resolve("events.jsonl"), RunEvent.class);
    Instant first =
        events.stream()
            .filter(event -> event.kind() == RunEvent.Kind.TRAINING)
            .findFirst()
            .orElseThrow(() -> new IOException("no step was taken in the run of seed " + seed))
            .at();
    List<Instant> evaluated =
        events.stream()
            .filter(event -> event.kind() == RunEvent.Kind.EPOCH)
            .map(RunEvent::at)
            .toList();
    double reached = Double.POSITIVE_INFINITY;
    for (int i = epochs.size() - 1; target != null && i >= 0; i--) {
      if (epochs.get(i).selectionAccuracy() >= target) {
        reached = seconds(first, evaluated.get(i));
      }
    }
    return new RunResult(
        seed,
        epochs.stream().map(EpochRecord::selectionAccuracy).toList(),
        epochs.get(epochs.size() - 1).testAccuracy(),
        seconds(began, first),
        epochs.stream().mapToDouble(EpochRecord::seconds).sum(),
        seconds(first, evaluated.get(evaluated.size() - 1)),
        reached);
  }

  private static double seconds(Instant from, Instant to) {
    return Duration.between(from, to).toMillis() / 1e3;
  }

  private static double mean(List<RunResult> runs, ToDoubleFunction<RunResult> of) {
    return runs.stream().mapToDouble(of).average().orElse(Double.NaN);
  }

  private static double deviation(List<RunResult> runs) {
    double mean = mean(runs, RunResult::testAccuracy);
    double squares = runs.stream().mapToDouble(run -> Math.pow(run.testAccuracy() - mean, 2)).sum();
    return Math.sqrt(squares / (runs.size() - 1));
  }

  private static double olympic(List<RunResult> runs) {
    double[] sorted = runs.stream().mapToDouble(RunResult::targetSeconds).sorted().toArray();
    if (sorted.length < OLYMPIC_RUNS || Double.isInfinite(sorted[sorted.length - 2])) {
      return Double.NaN;
    }
    double sum = 0;
    for (int i = 1; i < sorted.length - 1; i++) {
      sum += sorted[i];
    }
    return sum / (sorted.length - 2);
  }

  private static <T> List<T> lines(Path file, Class<T> type) throws IOException {
    List<T> records = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      records.add(Json.read(line.getBytes(StandardCharsets.UTF_8), type));
    }
    return records;
  }

  private static String table(RecipeResult result) {
    Formatter text = new Formatter(Locale.ROOT);
    text.format(
        "%-8s %8s %9s %9s %9s %9s", "seed", "accuracy", "start", "training", "all", "target");
    text.format("  by epoch (seconds from the first batch but for start)%n");
    for (RunResult run : result.runs()) {
      text.format(
          "%-8s %8.4f %7.1f s %7.1f s %7.1f s %9s ",
          run.seed(),
          run.testAccuracy(),
          run.startSeconds(),
          run.trainingSeconds(),
          run.seconds(),
          reached(result.target(), run.targetSeconds()));
      run.accuracy().forEach(accuracy -> text.format(" %.4f", accuracy));
      text.format("%n");
    }
    text.format(
        "mean %.4f, deviation %.4f, %d seeds",
        result.meanAccuracy(), result.deviation(), result.runs().size());
    text.format(
        "; mean start %.1f s, from the first batch %.1f s%n",
        mean(result.runs(), RunResult::startSeconds), mean(result.runs(), RunResult::seconds));
    if (result.target() != null && result.runs().size() >= OLYMPIC_RUNS) {
      text.format(
          "to %.4f: %s%n",
          result.target(),
          Double.isNaN(result.olympicSeconds())
              ? "not reached by two runs or more"
              : String.format(
                  Locale.ROOT,
                  "%.1f s, without the fastest and the slowest of %d",
                  result.olympicSeconds(),
                  result.runs().size()));
    }
    return text.toString();
  }

  private static String reached(Double target, double seconds) {
    if (target == null) {
      return "";
    }
    return Double.isInfinite(seconds) ? "never" : String.format(Locale.ROOT, "%.1f s", seconds);
  }
}

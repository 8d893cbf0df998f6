package io.densespark.bench.densespark;

import io.densespark.bench.densespark.BenchResult.Measured;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.Machine;
import io.densespark.metrics.StepRecord;
import io.densespark.storage.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Puts the rounds of {@code scripts/bench sync} together: {@code SyncReport DIRECTORY JSON-FILE
 * COMMAND}. The directory holds {@code rounds.jsonl} of the bare engine, a line for each time it
 * was measured, and {@code runs.txt}, a line {@code NAME|BEFORE|DIRECTORY} for each run of the job:
 * how many times the bare engine had been measured when it began, and where it wrote, a file with
 * one line where the bare engine itself ran in step. From the second epoch on a run was stopped now
 * and then for the bare engine to be measured: these pauses part it into slices.
 */
public final class SyncReport {

  /** Compilation and warm-up fall into the first epoch. */
  private static final int FIRST_EPOCH_COUNTED = 2;

  /** Longer than any step, shorter than any pause. */
  private static final double LONGEST_STEP_MILLIS = 4_000;

  /** Longer than the time between two pauses, shorter than twice that. */
  private static final double LONGEST_SLICE_MILLIS = 22_000;

  /** A slice that is shorter says little. */
  private static final int LEAST_STEPS_OF_SLICE = 15;

  /**
   * What a run of {@code scripts/bench sync} found.
   *
   * @param bareImagesPerSecond of two independent replicas of the engine
   */
  record SyncResult(
      String command,
      Instant finished,
      Machine machine,
      Measured bareImagesPerSecond,
      List<RunResult> runs) {}

  /**
   * One way of training. The parts of a step are means over rank 0's steps, in milliseconds;
   * together they are its wall time. They are NaN where DL4J's own master does not tell.
   *
   * @param imagesPerSecond of each slice
   * @param shareOfBare of each slice, its throughput in terms of the bare engine's right before and
   *     after: machines are noisy, and slowly so
   */
  record RunResult(
      String run,
      Measured imagesPerSecond,
      Measured shareOfBare,
      double computeMillis,
      double communicationMillis,
      double waitMillis,
      double dataMillis,
      double bytesSentPerStep) {}

  /** A run of the job or in step; {@code before} counts measurements of the bare engine. */
  private record Run(String name, int before, Path directory) {
    static Run parse(String line) {
      String[] parts = line.split("\\|", 3);
      return new Run(parts[0], Integer.parseInt(parts[1]), Path.of(parts[2]));
    }
  }

  private SyncReport() {}

  /** Writes the JSON file and prints the table. */
  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    List<Double> bare = new ArrayList<>();
    for (RoundLine line : lines(directory.resolve("rounds.jsonl"), RoundLine.class)) {
      bare.add(line.trainingImagesPerSecond());
    }
    Map<String, List<Run>> runs = new LinkedHashMap<>();
    for (String line : Files.readAllLines(directory.resolve("runs.txt"))) {
      Run run = Run.parse(line);
      runs.computeIfAbsent(run.name(), ignored -> new ArrayList<>()).add(run);
    }
    List<RunResult> results = new ArrayList<>();
    for (Map.Entry<String, List<Run>> run : runs.entrySet()) {
      results.add(result(run.getKey(), run.getValue(), bare));
    }
    SyncResult result =
        new SyncResult(
            arguments[2], Instant.now(), Machine.ofThisProcess(), Measured.of(bare), results);
    Files.write(Path.of(arguments[1]), Json.document(result));
    System.out.print(table(result));
  }

  private static RunResult result(String name, List<Run> runs, List<Double> bare)
      throws IOException {
    List<Double> throughput = new ArrayList<>();
    List<Double> shares = new ArrayList<>();
    List<StepRecord> all = new ArrayList<>();
    for (Run run : runs) {
      if (Files.isRegularFile(run.directory())) {
        double found = lines(run.directory(), RoundLine.class).get(0).trainingImagesPerSecond();
        throughput.add(found);
        shares.add(found / around(bare, run.before()));
        continue;
      }
      List<List<StepRecord>> slices = slices(run);
      if (slices.isEmpty()) {
        double found = ofEpochs(run.directory());
        throughput.add(found);
        shares.add(found / around(bare, run.before()));
      }
      for (int i = 0; i < slices.size(); i++) {
        List<StepRecord> steps = slices.get(i);
        if (steps.size() >= LEAST_STEPS_OF_SLICE) {
          all.addAll(steps);
          throughput.add(ofSteps(steps));
          shares.add(ofSteps(steps) / around(bare, run.before() + i));
        }
      }
    }
    return new RunResult(
        name,
        Measured.of(throughput),
        Measured.of(shares),
        mean(all, StepRecord::computeMillis),
        mean(all, StepRecord::communicationMillis),
        mean(all, StepRecord::waitMillis),
        mean(all, StepRecord::dataMillis),
        mean(all, StepRecord::bytesSent));
  }

  /**
   * The counted steps between pauses, a list for each time between two of them, also where there is
   * none; a step that a pause met is left out. A pause that met no step fell between two epochs.
   */
  private static List<List<StepRecord>> slices(Run run) throws IOException {
    List<List<StepRecord>> slices = new ArrayList<>();
    List<StepRecord> slice = null;
    List<StepRecord> ofThisEpoch = List.of();
    int epoch = 0;
    for (StepRecord step :
        lines(run.directory().resolve("metrics/steps.jsonl"), StepRecord.class)) {
      if (step.epoch() < FIRST_EPOCH_COUNTED) {
        continue;
      }
      if (slice == null || step.stepMillis() > LONGEST_STEP_MILLIS) {
        slice = new ArrayList<>();
        slices.add(slice);
        ofThisEpoch = new ArrayList<>();
      }
      if (step.epoch() != epoch) {
        epoch = step.epoch();
        ofThisEpoch = new ArrayList<>();
      }
      if (step.stepMillis() <= LONGEST_STEP_MILLIS) {
        slice.add(step);
        ofThisEpoch.add(step);
      }
      if (millis(slice) > LONGEST_SLICE_MILLIS && slice.size() > ofThisEpoch.size()) {
        slice.removeAll(ofThisEpoch);
        slice = ofThisEpoch;
        slices.add(slice);
      }
    }
    return slices;
  }

  private static double millis(List<StepRecord> steps) {
    return steps.stream().mapToDouble(StepRecord::stepMillis).sum();
  }

  /** Mean of a measurement and the one before it. */
  private static double around(List<Double> bare, int index) {
    return (bare.get(index - 1) + bare.get(index)) / 2;
  }

  private static double ofSteps(List<StepRecord> steps) {
    double images = 0;
    double millis = 0;
    for (StepRecord step : steps) {
      images += step.imagesPerSecond() * step.stepMillis() / 1e3;
      millis += step.stepMillis();
    }
    return images / millis * 1e3;
  }

  private static double ofEpochs(Path directory) throws IOException {
    return lines(directory.resolve("metrics/epochs.jsonl"), EpochRecord.class).stream()
        .filter(epoch -> epoch.epoch() >= FIRST_EPOCH_COUNTED)
        .mapToDouble(EpochRecord::imagesPerSecond)
        .average()
        .orElse(Double.NaN);
  }

  private static double mean(List<StepRecord> steps, ToDoubleFunction<StepRecord> part) {
    return steps.stream().mapToDouble(part).average().orElse(Double.NaN);
  }

  private static <T> List<T> lines(Path file, Class<T> type) throws IOException {
    List<T> records = new ArrayList<>();
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        records.add(Json.read(line.getBytes(StandardCharsets.UTF_8), type));
      }
    }
    return records;
  }

  private static String table(SyncResult result) {
    StringBuilder text = new StringBuilder();
    Measured bare = result.bareImagesPerSecond();
    text.append(
        String.format(
            Locale.ROOT,
            "bare engine, two independent replicas: %.0f images/s (%.0f-%.0f)%n",
            bare.median(),
            bare.least(),
            bare.most()));
    text.append(
        String.format(
            Locale.ROOT,
            "%-20s %22s %22s %9s %9s %7s %7s %12s%n",
            "run",
            "images/s",
            "of bare",
            "compute",
            "communic.",
            "wait",
            "data",
            "bytes/step"));
    for (RunResult run : result.runs()) {
      Measured speed = run.imagesPerSecond();
      Measured share = run.shareOfBare();
      text.append(
          String.format(
              Locale.ROOT,
              "%-20s %22s %22s %6.1f ms %6.1f ms %4.1f ms %4.1f ms %,12.0f%n",
              run.run(),
              String.format(
                  Locale.ROOT, "%.0f (%.0f-%.0f)", speed.median(), speed.least(), speed.most()),
              String.format(
                  Locale.ROOT,
                  "%.1f%% (%.1f-%.1f)",
                  100 * share.median(),
                  100 * share.least(),
                  100 * share.most()),
              run.computeMillis(),
              run.communicationMillis(),
              run.waitMillis(),
              run.dataMillis(),
              run.bytesSentPerStep()));
    }
    return text.toString();
  }
}

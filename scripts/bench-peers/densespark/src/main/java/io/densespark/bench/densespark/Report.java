package io.densespark.bench.densespark;

import io.densespark.bench.Net;
import io.densespark.bench.densespark.BenchResult.EngineResult;
import io.densespark.bench.densespark.BenchResult.Measured;
import io.densespark.bench.densespark.BenchResult.NetResult;
import io.densespark.metrics.Machine;
import io.densespark.model.ModelSummary;
import io.densespark.storage.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Puts the rounds together: {@code Report DIRECTORY THREADS ROUNDS JSON-FILE COMMAND}. The
 * directory holds {@code rounds.jsonl}, {@code left-out.txt} and {@code NET.net} files.
 */
public final class Report {

  private final Path directory;
  private final List<RoundLine> lines = new ArrayList<>();

  private Report(Path directory) throws IOException {
    this.directory = directory;
    for (String line : Files.readAllLines(directory.resolve("rounds.jsonl"))) {
      lines.add(Json.read(line.getBytes(StandardCharsets.UTF_8), RoundLine.class));
    }
  }

  /** Writes the JSON file and prints the tables. */
  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    Report report = new Report(directory);
    BenchResult result =
        report.result(
            arguments[4],
            Integer.parseInt(arguments[1]),
            Integer.parseInt(arguments[2]),
            Files.readAllLines(directory.resolve("left-out.txt")));
    Files.write(Path.of(arguments[3]), Json.document(result));
    System.out.print(ReportTable.of(result));
  }

  private BenchResult result(String command, int threads, int rounds, List<String> leftOut)
      throws IOException {
    double peak =
        Measured.of(
                lines.stream().map(RoundLine::gigaflopsPerSecond).filter(Double::isFinite).toList())
            .median();
    double fastest =
        lines.stream()
            .mapToDouble(RoundLine::fastestGigaflopsPerSecond)
            .filter(Double::isFinite)
            .max()
            .orElse(Double.NaN);
    Map<String, List<RoundLine>> byNet =
        lines.stream()
            .filter(line -> line.net() != null)
            .collect(
                Collectors.groupingBy(RoundLine::net, LinkedHashMap::new, Collectors.toList()));
    List<NetResult> nets = new ArrayList<>();
    for (Map.Entry<String, List<RoundLine>> entry : byNet.entrySet()) {
      nets.add(net(entry.getKey(), entry.getValue(), peak));
    }
    return new BenchResult(
        command,
        Instant.now(),
        Machine.ofThisProcess(),
        threads,
        rounds,
        peak,
        fastest,
        nets,
        leftOut);
  }

  private NetResult net(String name, List<RoundLine> rounds, double peak) throws IOException {
    Net net = Net.read(directory.resolve(name + ".net"));
    double megaflops =
        ModelSummary.of(BenchGraphs.graph(net), net.channels(), net.height(), net.width())
                .trainingFlops()
            / 1e6;
    Map<String, List<RoundLine>> byEngine =
        rounds.stream()
            .collect(
                Collectors.groupingBy(
                    line -> line.peer() + "/" + line.variant(),
                    LinkedHashMap::new,
                    Collectors.toList()));
    List<EngineResult> engines =
        byEngine.values().stream().map(of -> engine(of, megaflops, peak)).toList();
    return new NetResult(
        name, net.channels(), net.height(), rounds.get(0).batch(), megaflops, engines);
  }

  private static EngineResult engine(List<RoundLine> rounds, double megaflops, double peak) {
    RoundLine last = rounds.get(rounds.size() - 1);
    Measured training =
        Measured.of(rounds.stream().map(RoundLine::trainingImagesPerSecond).toList());
    Measured inference =
        Measured.of(rounds.stream().map(RoundLine::inferenceImagesPerSecond).toList());
    return new EngineResult(
        last.peer(),
        last.variant(),
        training,
        inference,
        training.median() * megaflops / 1e3 / peak,
        rounds.stream().mapToLong(RoundLine::trainingPeakBytes).max().orElse(0),
        last.firstLoss(),
        last.lastLoss());
  }
}

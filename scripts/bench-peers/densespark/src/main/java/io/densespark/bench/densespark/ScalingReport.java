package io.densespark.bench.densespark;

import io.densespark.bench.Net;
import io.densespark.bench.densespark.SyncReport.SyncResult;
import io.densespark.metrics.Machine;
import io.densespark.model.ModelSummary;
import io.densespark.scaling.StepTimeModel;
import io.densespark.scaling.StepTimeModel.Cluster;
import io.densespark.scaling.StepTimeModel.Model;
import io.densespark.storage.Json;
import io.densespark.sync.SyncConfig.WireFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * Fits {@link StepTimeModel} to unshaped probes, checks it on shaped ones and draws it.
 *
 * <pre>
 * ScalingReport size NET-FILE                prints the net's parameters and running statistics
 * ScalingReport DIRECTORY DOCS COMMAND       writes DOCS/scaling.md and DOCS/scaling.svg
 * </pre>
 */
public final class ScalingReport {

  private static final int BATCH = 128;
  private static final int FREQUENCY = 8;
  private static final int CORES = Runtime.getRuntime().availableProcessors();

  /**
   * A line of {@link ScalingProbe}.
   *
   * @param millis of a step, its sleep included
   * @param busyMillis of the exchange in which its thread computed
   */
  record Probe(
      String label,
      String exchange,
      int worldSize,
      int values,
      int sleepMillis,
      double millis,
      double busyMillis,
      long bytesSent) {}

  /** How the shaped probes were shaped, and what is drawn. */
  record Settings(
      String net, int values, int statistics, int tiny, double gigabits, double delayMillis) {}

  private final Settings settings;
  private final List<Probe> probes = new ArrayList<>();
  private final Path directory;

  private ScalingReport(Path directory) throws IOException {
    this.directory = directory;
    this.settings =
        Json.read(Files.readAllBytes(directory.resolve("settings.json")), Settings.class);
    for (String line : Files.readAllLines(directory.resolve("probes.jsonl"))) {
      probes.add(Json.read(line.getBytes(StandardCharsets.UTF_8), Probe.class));
    }
  }

  /** Runs one of the two. */
  public static void main(String[] arguments) throws IOException {
    if (arguments[0].equals("size")) {
      Net net = Net.read(Path.of(arguments[1]));
      ComputationGraph graph = new ComputationGraph(BenchGraphs.graph(net));
      graph.init();
      ModelSummary summary =
          ModelSummary.of(BenchGraphs.graph(net), net.channels(), net.height(), net.width());
      System.out.println(
          graph.numParams() + " " + (graph.numParams() - summary.trainableParameters()));
      return;
    }
    ScalingReport report = new ScalingReport(Path.of(arguments[0]));
    Path docs = Path.of(arguments[1]);
    ScalingPage page = report.page(arguments[2]);
    Files.writeString(docs.resolve("scaling.md"), page.markdown());
    Files.writeString(docs.resolve("scaling.svg"), page.drawing());
    System.out.print(page.comparison());
  }

  private ScalingPage page(String command) throws IOException {
    double[] fitted = fit();
    List<ScalingPage.Check> checks = new ArrayList<>();
    for (Probe probe : probes) {
      // More processes than cores measure how they share the cores and the cable.
      if (probe.label().equals("shaped") && probe.worldSize() <= CORES) {
        checks.add(check(probe, fitted));
      }
    }
    double compute = 0.18;
    long sparse = probe("plain", "threshold", 2, settings.values()).bytesSent();
    Path sync = directory.resolveSibling("sync.json");
    if (Files.exists(sync)) {
      SyncResult measured = Json.read(Files.readAllBytes(sync), SyncResult.class);
      compute = 2.0 * BATCH / measured.bareImagesPerSecond().median();
      sparse =
          measured.runs().stream()
              .filter(run -> run.run().equals("cluster-threshold"))
              .mapToLong(run -> Math.round(run.bytesSentPerStep()))
              .findFirst()
              .orElse(sparse);
    }
    Model model =
        new Model(
            settings.values(),
            settings.statistics(),
            settings.values() - settings.statistics(),
            sparse - settings.statistics() * 4L);
    return new ScalingPage(
        command, Machine.ofThisProcess(), settings, fitted, compute, model, checks);
  }

  /**
   * Costs of a round, a frame and a value, in seconds, from probes without delay. That of a frame
   * is the processor's time: the four ranks that tell it from a round's wait for each other's
   * cores.
   */
  private double[] fit() {
    Probe twoRanks = probe("plain", "fp32", 2, settings.tiny());
    Probe fourRanks = probe("plain", "fp32", 4, settings.tiny());
    double two = extra(twoRanks);
    double large = extra(probe("plain", "fp32", 2, settings.values()));
    // A sum takes two rounds; of four ranks, each sends two frames more in each.
    double frame = Math.max(0, (fourRanks.busyMillis() - twoRanks.busyMillis()) / 1e3 / 4);
    double round = Math.max(0, two / 2 - frame);
    double value = Math.max(0, (large - two) / settings.values());
    return new double[] {round, frame, value};
  }

  private ScalingPage.Check check(Probe probe, double[] fitted) {
    StepTimeModel model =
        new StepTimeModel(
            probe.sleepMillis() / 1e3,
            0,
            settings.delayMillis() / 1e3,
            settings.gigabits() * 1e9 / 8,
            fitted[0],
            fitted[1],
            fitted[2]);
    long sparse =
        probe.bytesSent() / (probe.worldSize() - 1)
            - 2L * 4 * settings.statistics() / probe.worldSize();
    Model size = new Model(settings.values(), settings.statistics(), settings.values(), sparse);
    double predicted =
        switch (probe.exchange()) {
          case "fp32" -> model.gradientSharingSeconds(size, WireFormat.FP32, probe.worldSize());
          case "bf16" -> model.gradientSharingSeconds(size, WireFormat.BF16, probe.worldSize());
          case "threshold" ->
              model.gradientSharingSeconds(size, WireFormat.THRESHOLD, probe.worldSize());
          default -> model.parameterAveragingSeconds(size, 1, new Cluster(probe.worldSize(), 1));
        };
    return new ScalingPage.Check(
        probe.exchange(),
        probe.worldSize(),
        probe.bytesSent(),
        probe.millis(),
        predicted * 1e3,
        probe.sleepMillis());
  }

  private Probe probe(String label, String exchange, int worldSize, int values) {
    return probes.stream()
        .filter(
            probe ->
                probe.label().equals(label)
                    && probe.exchange().equals(exchange)
                    && probe.worldSize() == worldSize
                    && probe.values() == values)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    String.format(
                        Locale.ROOT,
                        "no probe %s %s of %d ranks and %d values in %s",
                        label,
                        exchange,
                        worldSize,
                        values,
                        directory)));
  }

  private static double extra(Probe probe) {
    return (probe.millis() - probe.sleepMillis()) / 1e3;
  }

  static int frequency() {
    return FREQUENCY;
  }
}

package io.densespark.bench.densespark;

import io.densespark.bench.densespark.ScalingReport.Settings;
import io.densespark.metrics.Machine;
import io.densespark.scaling.StepTimeModel;
import io.densespark.scaling.StepTimeModel.Cluster;
import io.densespark.scaling.StepTimeModel.Model;
import io.densespark.sync.SyncConfig.WireFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;

/**
 * The page about scaling, and its drawing.
 *
 * @param fitted seconds that a round, a frame and a value cost beside the network
 * @param computeSeconds of a step on one executor
 */
record ScalingPage(
    String command,
    Machine machine,
    Settings settings,
    double[] fitted,
    double computeSeconds,
    Model model,
    List<Check> checks) {

  private static final int[] CORES = {32, 64, 256, 1024, 4096, 8192, 16_384};
  private static final int[] CORES_OF_EXECUTOR = {1, 8, 32};
  private static final double JITTER = 0.03;

  /** A measured step beside the predicted one. */
  record Check(
      String exchange,
      int worldSize,
      long bytes,
      double millis,
      double predictedMillis,
      double computeMillis) {
    double error() {
      return predictedMillis / millis - 1;
    }
  }

  /** A network that is drawn. */
  private enum Network {
    SLOW("1 Gbit/s, 10 ms", 125e6, 0.010),
    FAST("10 Gbit/s, 0.1 ms", 1.25e9, 0.0001);

    private final String words;
    private final double bytesPerSecond;
    private final double latencySeconds;

    Network(String words, double bytesPerSecond, double latencySeconds) {
      this.words = words;
      this.bytesPerSecond = bytesPerSecond;
      this.latencySeconds = latencySeconds;
    }
  }

  private Map<String, ToDoubleBiFunction<StepTimeModel, Cluster>> ways() {
    Map<String, ToDoubleBiFunction<StepTimeModel, Cluster>> ways = new LinkedHashMap<>();
    for (WireFormat format : WireFormat.values()) {
      ways.put(
          "gradient-sharing " + format.name().toLowerCase(Locale.ROOT),
          (time, cluster) -> time.gradientSharingSeconds(model, format, cluster));
    }
    for (int frequency : new int[] {1, ScalingReport.frequency()}) {
      ways.put(
          "parameter-averaging k=" + frequency,
          (time, cluster) -> time.parameterAveragingSeconds(model, frequency, cluster));
    }
    return ways;
  }

  private StepTimeModel on(Network network) {
    return new StepTimeModel(
        computeSeconds,
        JITTER * computeSeconds,
        network.latencySeconds,
        network.bytesPerSecond,
        fitted[0],
        fitted[1],
        fitted[2]);
  }

  /** Measured beside predicted. */
  String comparison() {
    StringBuilder text =
        new StringBuilder(
            "| exchange | ranks | bytes sent a step | measured | predicted | error |\n|---|---|---|---|---|---|\n");
    for (Check check : checks) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %d | %,d | %.1f ms | %.1f ms | %+.0f%% |%n",
              check.exchange().equals("averaging") ? "averaging, k=1" : check.exchange(),
              check.worldSize(),
              check.bytes(),
              check.millis(),
              check.predictedMillis(),
              100 * check.error()));
    }
    return text.toString();
  }

  /** The page. */
  String markdown() {
    StringBuilder text = new StringBuilder();
    line(text, "# How the step time scales");
    line(text, "");
    line(text, "Written by `%s` on %d cores of an %s.", command, machine.cores(), machine.cpu());
    line(
        text,
        "The model is `io.densespark.scaling.StepTimeModel`: its Javadoc has the formulas. Net: %s, %,d values, of which %,d are running statistics; local batch 128.",
        settings.net(),
        settings.values(),
        settings.statistics());
    line(text, "");
    line(text, "## Constants");
    line(text, "");
    line(text, "| constant | value | from |");
    line(text, "|---|---|---|");
    line(
        text,
        "| computing a step | %.0f ms | `scripts/bench sync`, the bare engine with one core a replica; README's figure where that has not been run |",
        computeSeconds * 1e3);
    line(
        text,
        "| jitter of it | %.0f%% | assumed: what a shared machine shows; lower on idle ones |",
        JITTER * 100);
    line(text, "| a round beside the network | %.0f us | two ranks, a tiny sum |", fitted[0] * 1e6);
    line(
        text,
        "| a frame | %.1f us | four ranks, a tiny sum: processor time beyond that of two |",
        fitted[1] * 1e6);
    line(text, "| a value | %.2f ns | two ranks, the whole gradient |", fitted[2] * 1e9);
    line(
        text,
        "| message of the threshold format | %,d bytes | training on two executors, or the probe |",
        model.sparseBytes());
    line(text, "");
    line(text, "## Checked");
    line(text, "");
    line(
        text,
        "The collective alone, each rank a process in a network namespace, computing by sleeping %.0f ms, its link shaped to %.0f Gbit/s and %.0f ms one way. The constants above come from",
        checks.isEmpty() ? 0 : checks.get(0).computeMillis(),
        settings.gigabits(),
        settings.delayMillis());
    line(
        text,
        "unshaped runs. Only as many ranks as this machine has cores: more would measure how they share the cores and the cable.");
    line(text, "");
    text.append(comparison());
    line(text, "");
    line(text, "## Predicted");
    line(text, "");
    line(
        text,
        "Scaling efficiency: the share of the cores' time in which they compute. A rank on each core, a link for each executor.");
    for (Network network : Network.values()) {
      for (int cores : CORES_OF_EXECUTOR) {
        line(text, "");
        line(text, "### %s, executors of %d core%s", network.words, cores, cores == 1 ? "" : "s");
        line(text, "");
        table(text, on(network), cores);
      }
    }
    line(text, "");
    line(text, "![Scaling efficiency](scaling.svg)");
    line(text, "");
    algorithms(text);
    line(
        text,
        "Not in the model: TCP's slow start after a pause, a network that is oversubscribed, and the time that Spark takes between epochs.");
    return text.toString();
  }

  /** What moving the gradient would take by either algorithm. */
  private void algorithms(StringBuilder text) {
    line(text, "## Direct, or halving and doubling");
    line(text, "");
    line(
        text,
        "Time between executors of a sum in fp32, added along the same tree by either algorithm. `sync.exchange = auto` takes the second from 512 executors on, and so do the tables above.");
    line(text, "");
    text.append("| executors |");
    for (Network network : Network.values()) {
      text.append(" direct, ").append(network.words).append(" | halving and doubling |");
    }
    text.append("\n|---|").append("---|---|".repeat(Network.values().length)).append('\n');
    for (int executors = 2; executors <= 2048; executors *= 2) {
      text.append(String.format(Locale.ROOT, "| %,d |", executors));
      for (Network network : Network.values()) {
        StepTimeModel time = on(network);
        text.append(
            String.format(
                Locale.ROOT,
                " %.0f ms | %.0f ms |",
                1e3 * time.directSeconds(model.parameters(), Float.BYTES, executors),
                1e3 * time.halvingAndDoublingSeconds(model.parameters(), Float.BYTES, executors)));
      }
      text.append('\n');
    }
    line(text, "");
  }

  private void table(StringBuilder text, StepTimeModel time, int coresOfExecutor) {
    text.append("| cores | executors |");
    ways().keySet().forEach(way -> text.append(' ').append(way).append(" |"));
    text.append("\n|---|---|").append("---|".repeat(ways().size())).append('\n');
    for (int cores : CORES) {
      Cluster cluster = new Cluster(cores / coresOfExecutor, coresOfExecutor);
      text.append(String.format(Locale.ROOT, "| %,d | %,d |", cores, cluster.executors()));
      for (ToDoubleBiFunction<StepTimeModel, Cluster> way : ways().values()) {
        double seconds = way.applyAsDouble(time, cluster);
        text.append(
            String.format(
                Locale.ROOT, " %.0f%% (%.0f ms) |", 100 * time.efficiency(seconds), seconds * 1e3));
      }
      text.append('\n');
    }
  }

  /** Two panels of efficiency over cores, on executors of eight. */
  String drawing() {
    String[] colours = {"#0b6e99", "#4dab9a", "#d9730d", "#9065b0", "#c14c8a"};
    StringBuilder svg =
        new StringBuilder(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 380\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"860\" height=\"380\" fill=\"white\"/>\n");
    int left = 50;
    for (Network network : Network.values()) {
      line(
          svg,
          "<text x=\"%d\" y=\"20\" font-weight=\"bold\">%s</text>",
          left,
          network.words + ", executors of 8 cores");
      for (int percent = 0; percent <= 100; percent += 20) {
        double y = 300 - 2.6 * percent;
        line(
            svg,
            "<line x1=\"%d\" y1=\"%.0f\" x2=\"%d\" y2=\"%.0f\" stroke=\"#ddd\"/>",
            left,
            y,
            left + 350,
            y);
        line(
            svg,
            "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">%d%%</text>",
            left - 6,
            y + 4,
            percent);
      }
      for (int i = 0; i < CORES.length; i++) {
        line(
            svg,
            "<text x=\"%d\" y=\"318\" text-anchor=\"middle\">%d</text>",
            left + 50 * i,
            CORES[i]);
      }
      int colour = 0;
      for (ToDoubleBiFunction<StepTimeModel, Cluster> way : ways().values()) {
        StringBuilder points = new StringBuilder();
        StepTimeModel time = on(network);
        for (int i = 0; i < CORES.length; i++) {
          Cluster cluster = new Cluster(CORES[i] / 8, 8);
          double share = time.efficiency(way.applyAsDouble(time, cluster));
          points.append(String.format(Locale.ROOT, "%d,%.1f ", left + 50 * i, 300 - 260 * share));
        }
        line(
            svg,
            "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>",
            points.toString().strip(),
            colours[colour++]);
      }
      left += 420;
    }
    int at = 20;
    int colour = 0;
    for (String way : ways().keySet()) {
      line(
          svg,
          "<rect x=\"%d\" y=\"345\" width=\"12\" height=\"4\" fill=\"%s\"/><text x=\"%d\" y=\"351\">%s</text>",
          at,
          colours[colour++],
          at + 16,
          way);
      at += 168;
    }
    return svg.append("</svg>\n").toString();
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}

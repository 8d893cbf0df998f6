package io.densespark.report;

import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.MistakeRecord;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunEvent;
import io.densespark.metrics.RunStatus;
import io.densespark.metrics.StepRecord;
import io.densespark.report.LineChart.Line;
import io.densespark.storage.Store;
import io.densespark.text.Figures;
import io.densespark.text.Text;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** A run as a page: {@code report.html}, which holds everything it shows. */
public final class Report {

  private final RunDirectory directory;
  private final RunStatus status;
  private final Map<String, String> settings;
  private final List<StepRecord> steps;
  private final List<EpochRecord> epochs;
  private final Optional<Provenance> provenance;
  private final List<RunEvent> events;
  private final List<MistakeRecord> mistakes;

  private Report(RunDirectory directory, RunStatus status, Map<String, String> settings) {
    this.directory = directory;
    this.status = status;
    this.settings = settings;
    Store store = directory.store();
    this.steps = MetricsLog.read(store, directory.steps(), StepRecord.class);
    this.epochs = MetricsLog.read(store, directory.epochs(), EpochRecord.class);
    this.provenance = directory.readProvenance();
    this.events = directory.readEvents();
    this.mistakes = directory.readMistakes();
  }

  /**
   * Writes the page from the files of a run as they are, in place of an earlier one.
   *
   * @param settings of the run, by dotted name, without secrets
   */
  public static void write(RunDirectory directory, RunStatus status, Map<String, String> settings) {
    Page page = new Report(directory, status, settings).page(Instant.now());
    directory.store().replace(directory.report(), Template.REPORT.page(page));
  }

  private Page page(Instant now) {
    return new Page(
        directory.runId(),
        Figures.text(status.state()),
        summary(),
        status.state() == RunStatus.State.FAILED
            ? Text.format("exit code %d: %s", status.exitCode(), status.error())
            : null,
        tiles(),
        charts(),
        TimeShares.of(steps),
        lastEvaluated().map(ClassTables::of).orElse(null),
        MistakeStrip.of(mistakes),
        events.stream()
            .filter(event -> event.kind() != RunEvent.Kind.EPOCH)
            .map(
                event ->
                    new Page.Event(
                        Figures.minute(event.at()),
                        Figures.text(event.kind()).replace('_', ' '),
                        event.detail()))
            .toList(),
        sections(settings),
        provenance.map(this::provenance).orElse(List.of()),
        Figures.minute(now));
  }

  private String summary() {
    return Stream.of(
            settings.get("model.name"),
            settings.get("sync.mode"),
            provenance
                .map(Provenance::replicas)
                .map(count -> count == 1 ? "1 replica" : count + " replicas")
                .orElse(null),
            "started " + Figures.minute(status.startedAt()) + " UTC")
        .filter(Objects::nonNull)
        .reduce((a, b) -> a + " · " + b)
        .orElse("");
  }

  private List<Page.Tile> tiles() {
    Optional<EpochRecord> best =
        epochs.stream()
            .filter(epoch -> epoch.selectionAccuracy() != null)
            .max(Comparator.comparingDouble(EpochRecord::selectionAccuracy));
    String bestText =
        best.map(
                epoch ->
                    Text.format(
                        "best %s after epoch %d",
                        Figures.fraction(epoch.selectionAccuracy()), epoch.epoch()))
            .orElse("not evaluated yet");
    List<Page.Tile> tiles = new ArrayList<>();
    if (isValidated()) {
      tiles.add(
          new Page.Tile(
              "Validation accuracy", Figures.fraction(status.validationAccuracy()), bestText));
    }
    tiles.add(
        new Page.Tile(
            "Test accuracy",
            Figures.fraction(status.testAccuracy()),
            isValidated() ? "looked at once, after the last epoch" : bestText));
    tiles.add(
        new Page.Tile(
            "Throughput", Figures.count(status.imagesPerSecond()), "training images a second"));
    tiles.add(
        new Page.Tile(
            "Test loss", Figures.fraction(status.testLoss()), "mean cross-entropy, in nats"));
    tiles.add(
        new Page.Tile(
            "Epochs",
            Integer.toString(status.epochs()),
            (settings.containsKey("train.epochs") ? "of " + settings.get("train.epochs") : "")
                + (status.stoppedEarly() ? ", stopped early" : "")));
    tiles.add(
        new Page.Tile(
            "Duration", Figures.duration(status.seconds()), "with evaluation and start-up"));
    return tiles;
  }

  private List<LineChart> charts() {
    String accuracy = isValidated() ? "Validation accuracy" : "Test accuracy";
    Line training = line("training", "c1", steps, StepRecord::step, StepRecord::loss);
    Line measured = line(part(), "c2", epochs, EpochRecord::steps, e -> orNaN(loss(e)));
    Line accuracies =
        line(
            part() + " accuracy",
            "c2",
            epochs,
            EpochRecord::epoch,
            e -> orNaN(e.selectionAccuracy()));
    Line rate = line("learning rate", "c3", steps, StepRecord::step, StepRecord::learningRate);
    Line speed = line("images/s", "c4", steps, StepRecord::step, StepRecord::imagesPerSecond);
    return Stream.of(
            LineChart.of(
                "loss", "Loss", "step", LineChart.Axes.LINEAR, List.of(training, measured)),
            LineChart.of("accuracy", accuracy, "epoch", LineChart.Axes.LINEAR, List.of(accuracies)),
            LineChart.of("rate", "Learning rate", "step", LineChart.Axes.FROM_ZERO, List.of(rate)),
            LineChart.of(
                "speed", "Throughput, images/s", "step", LineChart.Axes.FROM_ZERO, List.of(speed)))
        .filter(Objects::nonNull)
        .toList();
  }

  /** A line through records; the points of epochs, which are few, are marked. */
  private <T> Line line(
      String name, String style, List<T> of, ToDoubleFunction<T> x, ToDoubleFunction<T> y) {
    List<double[]> points =
        of.stream().map(r -> new double[] {x.applyAsDouble(r), y.applyAsDouble(r)}).toList();
    return new Line(name, style, points, of == epochs);
  }

  /** Whether epochs are measured on images held out. */
  private boolean isValidated() {
    return epochs.stream().anyMatch(epoch -> epoch.validationAccuracy() != null);
  }

  private String part() {
    return isValidated() ? "validation" : "test";
  }

  private Double loss(EpochRecord epoch) {
    return isValidated() ? epoch.validationLoss() : epoch.testLoss();
  }

  private Optional<EpochRecord> lastEvaluated() {
    return epochs.stream()
        .filter(epoch -> !epoch.confusion().isEmpty())
        .max(Comparator.comparingInt(EpochRecord::epoch));
  }

  private static double orNaN(Double value) {
    return value == null ? Double.NaN : value;
  }

  static List<Page.Section> sections(Map<String, String> settings) {
    Map<String, List<Page.Pair>> sections = new LinkedHashMap<>();
    settings.forEach(
        (key, value) -> {
          int dot = key.indexOf('.');
          sections
              .computeIfAbsent(dot < 0 ? key : key.substring(0, dot), name -> new ArrayList<>())
              .add(new Page.Pair(key.substring(dot + 1), value));
        });
    return sections.entrySet().stream()
        .map(section -> new Page.Section(section.getKey(), section.getValue()))
        .toList();
  }

  private List<Page.Section> provenance(Provenance origin) {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("processor", origin.machine().cpu());
    machine.put("cores", Integer.toString(origin.machine().cores()));
    machine.put("memory", Text.format("%.1f GiB", origin.machine().memoryBytes() / 0x1p30));
    machine.put("system", origin.machine().system());
    Map<String, String> identity = new LinkedHashMap<>();
    identity.put("directory", directory.store().uri(directory.path()));
    if (status.parametersSha256() != null) {
      identity.put("parameters, SHA-256", status.parametersSha256());
    }
    if (origin.warmStart() != null) {
      identity.put("warm start", origin.warmStart().uri());
      identity.put("warm start, SHA-256", origin.warmStart().sha256());
    }
    return List.of(
        section("run", identity),
        section("data, SHA-256", data(origin)),
        section("versions", origin.versions()),
        section("machine of the driver", machine));
  }

  private static Map<String, String> data(Provenance origin) {
    Map<String, String> data = new LinkedHashMap<>(origin.data());
    if (origin.images() != null) {
      data.put("all images and labels", origin.images().fingerprint());
      data.put("classes", String.join(", ", origin.images().classNames()));
      if (origin.images().skipped() > 0) {
        data.put(
            "images left out", Text.format("%,d, named in data.json", origin.images().skipped()));
      }
    }
    return data;
  }

  static Page.Section section(String name, Map<String, String> values) {
    return new Page.Section(
        name,
        values.entrySet().stream()
            .map(entry -> new Page.Pair(entry.getKey(), entry.getValue()))
            .toList());
  }
}

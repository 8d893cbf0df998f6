package io.densespark.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.MistakeRecord;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunEvent;
import io.densespark.metrics.RunEvent.Kind;
import io.densespark.metrics.RunStatus;
import io.densespark.metrics.StepRecord;
import io.densespark.storage.Store;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class ReportTest {

  private static final Instant MORNING = Instant.parse("2026-03-01T08:00:00Z");
  private static final String HOSTILE = "<script>alert(\"1\")</script>&'";

  @TempDir private Path workspace;
  private Store store;
  private RunDirectory run;
  private RunStatus status;

  @BeforeEach
  void beginRun() {
    store = Store.open(workspace.toString(), new Configuration());
    run = new RunDirectory(store, "monday");
    status = RunStatus.started("monday", MORNING);
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void showsAccuracyThroughputAndWhatHappened() {
    trainThreeEpochs();
    run.addEvent(new RunEvent(MORNING, Kind.STARTED, ""));
    run.addEvent(new RunEvent(MORNING.plusSeconds(60), Kind.RESUMED, "after epoch 1"));
    status = status.failed(22, "the time limit of 1m is over", 95, MORNING.plusSeconds(95));

    String html = html();

    assertThat(html)
        .contains("monday<span class=\"state failed\">failed")
        .contains("exit code 22: the time limit of 1m is over")
        .contains(">0.9000<", "best 0.9200 after epoch 2", ">1,551<")
        .contains(">resumed<", "after epoch 1", "2026-03-01 08:01")
        .contains("computing 80.0 %", "communication 10.0 %")
        .contains("1 of Coat taken for Bag (20.0 %)", "75.0 %")
        .contains("<h3>train</h3>", ">batch-size<", ">256<")
        .contains("training images a second", "fashion.gz", "abc123")
        .doesNotContain("{{", "null");
  }

  @Test
  void showsWhatTheModelWasSurestOfAndWrongAbout() {
    run.writeMistakes(
        List.of(
            new MistakeRecord(2, 4021, "Shirt", "Coat", 0.9987, 0.0013, "iVBORw0KGgo"),
            new MistakeRecord(2, 7, "Bag", "Sandal", 0.871, 0.1, "AAAA")));

    assertThat(html())
        .contains("Surest mistakes", "after epoch 2")
        .contains("src=\"data:image/png;base64,iVBORw0KGgo\" alt=\"Shirt taken for Coat\"")
        .contains("title=\"test image 4021: Coat 99.9 %, Shirt 0.1 %\"")
        .containsSubsequence("Shirt taken for Coat", "Bag taken for Sandal", "Sandal 87.1 %");
  }

  @Test
  void needsNothingButItself() {
    trainThreeEpochs();

    assertThat(
            html()
                .replace("http://www.w3.org/2000/svg", "")
                .replace("src=\"data:image/png;base64,", ""))
        .doesNotContain("http:", "https:", "<link", "<script", "@import", "url(", "src=");
  }

  @Test
  void everyTextIsEscaped() {
    status = status.failed(20, HOSTILE, 1, MORNING);
    run.addEvent(new RunEvent(MORNING, Kind.REPLICA_LOST, HOSTILE));
    run.writeProvenance(
        Provenance.collect(
            Map.of(HOSTILE, HOSTILE),
            Map.of(HOSTILE, HOSTILE),
            Map.of(),
            Map.of(),
            1,
            new Provenance.WarmStart(HOSTILE, "0")));
    put(epoch(1, 0.5, HOSTILE));
    run.writeMistakes(List.of(new MistakeRecord(1, 0, HOSTILE, HOSTILE, 1, 0, HOSTILE)));

    Report.write(run, status, Map.of("model.name", HOSTILE, HOSTILE, HOSTILE));

    assertThat(read()).doesNotContain(HOSTILE, "<script").contains("&lt;script&gt;");
  }

  @Test
  void runWithoutAnyStepHasAReportToo() {
    assertThat(html())
        .contains("monday", "not evaluated yet")
        .doesNotContain("<svg", "<img", "Test images by class", "What happened");
  }

  @Test
  void chartsAreWellFormedTitledAndWithinTheirFrames() throws Exception {
    trainThreeEpochs();

    List<Element> charts = charts(html());

    assertThat(charts).hasSize(5);
    for (Element chart : charts) {
      assertThat(chart.getAttribute("role")).isEqualTo("img");
      assertThat(chart.getAttribute("aria-label") + chart.getAttribute("aria-labelledby"))
          .isNotEmpty();
      String[] box = chart.getAttribute("viewBox").split(" ");
      for (double[] point : points(chart)) {
        assertThat(point[0]).isBetween(0.0, Double.parseDouble(box[2]));
        assertThat(point[1]).isBetween(0.0, Double.parseDouble(box[3]));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ink, card",
    "ink, page",
    "soft, card",
    "soft, page",
    "good, page",
    "bad, page",
    "bad, card",
    "busy, page"
  })
  void textStandsOutInBothThemes(String text, String ground) {
    String style = html();
    int dark = style.indexOf("prefers-color-scheme: dark");

    // WCAG 2.1, success criterion 1.4.3.
    assertThat(contrast(style.substring(0, dark), text, ground)).isGreaterThanOrEqualTo(4.5);
    assertThat(contrast(style.substring(dark), text, ground)).isGreaterThanOrEqualTo(4.5);
  }

  private void trainThreeEpochs() {
    run.writeMistakes(List.of(new MistakeRecord(3, 1, "Bag", "Coat", 0.9, 0.1, "AAAA")));
    try (MetricsLog<StepRecord> steps =
        MetricsLog.create(store, run.steps(), Duration.ofMinutes(1))) {
      for (int step = 1; step <= 705; step++) {
        double loss = step == 9 ? Double.NaN : 2.3 / Math.sqrt(step) + 0.05 * Math.sin(step * 7.3);
        double rate = 0.05 * (1 + Math.cos(Math.PI * step / 705));
        steps.add(
            new StepRecord(
                step,
                (step + 234) / 235,
                loss,
                rate,
                165,
                1551,
                132,
                16.5,
                9,
                7.5,
                64,
                0.5,
                32,
                64));
      }
    }
    put(epoch(1, 0.85, "Bag"), epoch(2, 0.92, "Bag"), epoch(3, 0.9, "Bag"));
    run.writeProvenance(
        Provenance.collect(
            Map.of("dl4j", "1.0.0-M2"),
            Map.of("fashion.gz", "abc123"),
            Map.of(),
            Map.of(),
            2,
            null));
    status = status.withEpoch(epoch(3, 0.9, "Bag"), 1551, 95, MORNING.plusSeconds(95));
  }

  private void put(EpochRecord... records) {
    try (MetricsLog<EpochRecord> epochs =
        MetricsLog.create(store, run.epochs(), Duration.ofMinutes(1))) {
      List.of(records).forEach(epochs::add);
    }
  }

  private static EpochRecord epoch(int number, double accuracy, String label) {
    return new EpochRecord(
        number,
        235L * number,
        0.4,
        1 - accuracy,
        accuracy,
        null,
        null,
        1551,
        39,
        0.1,
        List.of(
            new EpochRecord.ClassRecord(label, 0.75, 1),
            new EpochRecord.ClassRecord("Coat", Double.NaN, 0.8)),
        List.of(List.of(3L, 0L), List.of(1L, 4L)));
  }

  private String html() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("model.name", "densenet-bc");
    settings.put("train.epochs", "3");
    settings.put("train.batch-size", "256");
    Report.write(run, status, settings);
    return read();
  }

  private String read() {
    return new String(store.read(run.report()), StandardCharsets.UTF_8);
  }

  private static List<Element> charts(String html) throws Exception {
    List<Element> charts = new ArrayList<>();
    Matcher svg = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL).matcher(html);
    while (svg.find()) {
      Document parsed =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(new InputSource(new StringReader(svg.group())));
      charts.add(parsed.getDocumentElement());
    }
    return charts;
  }

  /** All coordinates of the paths. */
  private static List<double[]> points(Element chart) {
    List<double[]> points = new ArrayList<>();
    var paths = chart.getElementsByTagName("path");
    for (int i = 0; i < paths.getLength(); i++) {
      String path = ((Element) paths.item(i)).getAttribute("d");
      Matcher pair = Pattern.compile("(-?[\\d.]+),(-?[\\d.]+)").matcher(path);
      while (pair.find()) {
        points.add(
            new double[] {Double.parseDouble(pair.group(1)), Double.parseDouble(pair.group(2))});
      }
    }
    return points;
  }

  private static double contrast(String style, String one, String other) {
    double a = luminance(style, one);
    double b = luminance(style, other);
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }

  private static double luminance(String style, String name) {
    Matcher colour = Pattern.compile("--" + name + ": #([0-9a-f]{6})").matcher(style);
    assertThat(colour.find()).as(name).isTrue();
    int rgb = Integer.parseInt(colour.group(1), 16);
    return 0.2126 * linear(rgb >> 16 & 255)
        + 0.7152 * linear(rgb >> 8 & 255)
        + 0.0722 * linear(rgb & 255);
  }

  private static double linear(int channel) {
    double c = channel / 255.0;
    return c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
  }
}

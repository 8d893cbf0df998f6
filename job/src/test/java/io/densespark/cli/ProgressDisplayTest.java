package io.densespark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfigLoader;
import io.densespark.job.RunDisplay;
import io.densespark.metrics.EpochRecord;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressDisplayTest {

  private static final int COLUMNS = 100;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long nowNanos;

  @Test
  void plainOutputHasALineEveryFewSeconds() {
    ProgressDisplay display = plain();
    display.started(header(100, 50));
    int before = lines().size();
    for (int step = 1; step <= 100; step++) {
      display.step(1 + (step - 1) / 50, step, 0.5, 1234.4);
      pass(0.2);
    }

    List<String> progress = lines().subList(before, lines().size());
    assertThat(progress)
        .containsExactly(
            "epoch 1/2  step 1/100  loss 0.5000  1,234 images/s",
            "epoch 1/2  step 26/100  loss 0.5000  1,234 images/s  0:15 left",
            "epoch 2/2  step 51/100  loss 0.5000  1,234 images/s  0:10 left",
            "epoch 2/2  step 76/100  loss 0.5000  1,234 images/s  0:05 left");
  }

  @Test
  void timeLeftCountsFromTheStepThatARunWentOnFrom() {
    ProgressDisplay display = plain();
    display.started(header(1000, 100));
    display.step(6, 501, 0.5, 1000);
    pass(10);
    display.step(6, 511, 0.5, 1000);

    assertThat(lines().get(lines().size() - 1)).endsWith("8:09 left");
  }

  @Test
  void plainOutputHoldsNoControlCharacters() {
    ProgressDisplay display = plain();
    everything(display);

    assertThat(text()).doesNotContain("\033", "\r");
  }

  @Test
  void liveLineIsDrawnOverAndGivesWayToLinesThatStay() {
    ProgressDisplay display = live(new Style(false, true));
    display.started(header(100, 50));
    bytes.reset();
    display.step(1, 25, 0.5, 1000);
    display.message("a line that stays");
    display.close();

    assertThat(text())
        .isEqualTo(
            "\r\033[?7l"
                + "━━━━━━━╸                    "
                + "  25%  epoch 1/2  step 25/100  loss 0.5000  1,000 images/s\033[K\033[?7h"
                + "\r\033[?7l\033[K\033[?7h"
                + "a line that stays\n"
                + "\r\033[?7l"
                + "━━━━━━━╸                    "
                + "  25%  epoch 1/2  step 25/100  loss 0.5000  1,000 images/s\033[K\033[?7h"
                + "\r\033[?7l\033[K\033[?7h");
  }

  @Test
  void liveLineIsNotDrawnForEveryStep() {
    ProgressDisplay display = live(Style.BARE);
    display.started(header(1000, 1000));
    bytes.reset();
    for (int step = 1; step <= 1000; step++) {
      display.step(1, step, 0.5, 1000);
      pass(0.001);
    }

    assertThat(text().split("\r")).hasSizeBetween(8, 12);
  }

  @Test
  void clockOfAPhaseGoesOnWithoutSteps() {
    ProgressDisplay display = live(Style.BARE);
    display.phase("evaluating");
    pass(65);
    display.tick();

    assertThat(text()).contains("evaluating ...  0:00", "evaluating ...  1:05");
  }

  @Test
  void liveLineFitsTheScreen() {
    ProgressDisplay display = live(new Style(false, true));
    display.started(header(1_000_000, 1000));
    bytes.reset();
    display.step(1, 1, 123456.7891, 1_000_000);

    assertThat(text().replaceAll("\033\\[\\??\\d*[a-zA-Z]|\r", "")).hasSizeLessThan(COLUMNS);
  }

  @Test
  void headerNamesEverySettingInUseWithinTheWidth() {
    ProgressDisplay display = plain();
    display.started(header(100, 50));

    assertThat(text())
        .contains("run test-run")
        .contains("epochs=3*", "growth-rate=32  ", "replicas=auto")
        .doesNotContain("beta1");
    assertThat(lines()).allMatch(line -> line.length() <= COLUMNS);
  }

  @Test
  void summaryHasATableAndThePathsWritten() {
    ProgressDisplay display = plain();
    display.finished(
        new RunDisplay.Summary(
            List.of(
                epoch(1, 0.9, 0.6, 0.81, 1500, 40.04), epoch(2, 0.5, 0.4, 0.88, 12500.4, 139.96)),
            1510,
            80,
            Map.of("model", "file:/w/runs/a/model.zip")));

    assertThat(lines())
        .containsSubsequence(
            "  epoch  train loss  test loss  test accuracy  images/s  seconds",
            "  -----  ----------  ---------  -------------  --------  -------",
            "      1      0.9000     0.6000         0.8100     1,500     40.0",
            "      2      0.5000     0.4000         0.8800    12,500    140.0  best",
            "test accuracy 0.8800  1,510 images/s  1:20",
            "  model         file:/w/runs/a/model.zip");
  }

  @Test
  void figuresSayWhichImagesTheyAreOf() {
    EpochRecord held =
        new EpochRecord(1, 1, 0.9, null, null, 0.6, 0.81, 1500, 40, 0.1, List.of(), List.of());
    EpochRecord last =
        new EpochRecord(2, 1, 0.5, 0.45, 0.87, 0.4, 0.88, 1500, 40, 0.1, List.of(), List.of());
    ProgressDisplay display = plain();
    display.epoch(held);
    display.epoch(last);
    display.finished(new RunDisplay.Summary(List.of(held, last), 1510, 80, Map.of()));

    assertThat(lines())
        .containsSubsequence(
            "epoch 1  train loss 0.9000  validation loss 0.6000  validation accuracy 0.8100  1,500 images/s  40.0 s",
            "epoch 2  train loss 0.5000  validation loss 0.4000  validation accuracy 0.8800  test loss 0.4500  test accuracy 0.8700  1,500 images/s  40.0 s",
            "  epoch  train loss  validation loss  validation accuracy  images/s  seconds",
            "test accuracy 0.8700  1,510 images/s  1:20");
  }

  @Test
  void checksSayWhatToDo() {
    ProgressDisplay display = plain();
    display.check(RunDisplay.CheckState.PASSED, "Java", "17.0.1", Optional.empty());
    display.check(RunDisplay.CheckState.FAILED, "data", "not found", Optional.of("set data.path"));

    assertThat(lines())
        .containsExactly(
            "  ok    Java               17.0.1",
            "  FAIL  data               not found",
            "     -> set data.path");
  }

  @Test
  void terminalIsColouredUnlessAskedNotTo() {
    assertThat(screen(Map.of(), true).style().coloured()).isTrue();
    assertThat(screen(Map.of("NO_COLOR", "1"), true).style().coloured()).isFalse();
    assertThat(screen(Map.of("NO_COLOR", ""), true).style().coloured()).isTrue();
    assertThat(screen(Map.of(), false).style().coloured()).isFalse();
  }

  @Test
  void signsAreAsciiWhereTheEncodingIs() {
    Screen ascii = Screen.of(System.out, Map.of("COLUMNS", "80"), true, StandardCharsets.US_ASCII);
    ProgressDisplay display =
        new ProgressDisplay(
            new Screen(stream(), true, ascii.columns(), ascii.style()),
            () -> nowNanos,
            Optional.empty());
    everything(display);

    assertThat(text()).matches("\\p{ASCII}*");
  }

  private void everything(ProgressDisplay display) {
    display.phase("reading");
    display.started(header(2, 1));
    display.step(1, 1, 0.5, 1000);
    display.warning("careful");
    EpochRecord epoch = epoch(1, 0.9, 0.6, 0.81, 1500, 40);
    display.epoch(epoch);
    display.check(RunDisplay.CheckState.WARNED, "memory", "little", Optional.of("buy some"));
    display.table("Classes", List.of("class", "recall %"), List.of(List.of("Bag", "98.1")));
    display.finished(new RunDisplay.Summary(List.of(epoch, epoch), 1, 1, Map.of("model", "m")));
    display.close();
  }

  private static Screen screen(Map<String, String> environment, boolean isTerminal) {
    return Screen.of(System.out, environment, isTerminal, StandardCharsets.UTF_8);
  }

  private RunDisplay.Header header(long totalSteps, long stepsPerEpoch) {
    ConfigSources sources = new ConfigSources().set("train.epochs=3");
    return new RunDisplay.Header(
        "test-run",
        new RunConfigLoader().load(sources).settings(),
        Map.of("replicas", "2"),
        totalSteps,
        stepsPerEpoch,
        0);
  }

  private ProgressDisplay plain() {
    return display(new Screen(stream(), false, COLUMNS, Style.BARE));
  }

  private ProgressDisplay live(Style style) {
    return display(new Screen(stream(), true, COLUMNS, style));
  }

  private ProgressDisplay display(Screen screen) {
    return new ProgressDisplay(screen, () -> nowNanos, Optional.empty());
  }

  private PrintStream stream() {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  private void pass(double seconds) {
    nowNanos += Math.round(seconds * TimeUnit.SECONDS.toNanos(1));
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private List<String> lines() {
    return text().lines().toList();
  }

  private static EpochRecord epoch(
      int number,
      double trainLoss,
      double testLoss,
      double accuracy,
      double speed,
      double seconds) {
    return new EpochRecord(
        number, 1, trainLoss, testLoss, accuracy, null, null, speed, seconds, 0.1, List.of(),
        List.of());
  }
}

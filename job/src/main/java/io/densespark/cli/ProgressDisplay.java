package io.densespark.cli;

import io.densespark.job.RunDisplay;
import io.densespark.metrics.EpochRecord;
import io.densespark.text.Figures;
import io.densespark.text.Text;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.commons.lang3.concurrent.BasicThreadFactory;

/**
 * Shows a run on a screen: one line that is drawn over and over where the screen is a terminal, a
 * line every few seconds elsewhere, and tables before and after.
 */
public final class ProgressDisplay implements RunDisplay, AutoCloseable {

  private static final long PLAIN_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long LIVE_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long TICK_MILLIS = 1000;

  /** Back to the start of the line, line wrapping off: a narrowed terminal cuts the line. */
  private static final String DRAW = "\r\033[?7l";

  /** Clears what is left of an earlier, longer line; line wrapping on again. */
  private static final String DRAWN = "\033[K\033[?7h";

  private final Screen screen;
  private final LongSupplier nanoClock;
  private final Optional<ScheduledExecutorService> ticker;

  private Header header;
  private ProgressLine progress;
  private String phase = "";
  private long phaseStartNanos;
  private long firstStep;
  private long firstStepNanos;
  private long lastShownNanos;
  private boolean lineDrawn;

  ProgressDisplay(
      Screen screen, LongSupplier nanoClock, Optional<ScheduledExecutorService> ticker) {
    this.screen = screen;
    this.nanoClock = nanoClock;
    this.ticker = ticker;
  }

  /** A display whose clock keeps running between two steps. */
  static ProgressDisplay on(Screen screen) {
    if (!screen.live()) {
      return new ProgressDisplay(screen, System::nanoTime, Optional.empty());
    }
    ScheduledExecutorService ticker =
        Executors.newSingleThreadScheduledExecutor(
            new BasicThreadFactory.Builder()
                .namingPattern("progress-display")
                .daemon(true)
                .build());
    ProgressDisplay display = new ProgressDisplay(screen, System::nanoTime, Optional.of(ticker));
    ticker.scheduleAtFixedRate(display::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    return display;
  }

  @Override
  public synchronized void started(Header newHeader) {
    header = newHeader;
    progress = null;
    Style style = screen.style();
    String legend = style.coloured() ? "" : "   (* differs from the default)";
    print(style.bold("DenseSpark") + "  run " + style.accent(header.runId()) + legend);
    print("");
    SettingsOverview.lines(screen, header.settings().entries()).forEach(this::print);
    if (!header.facts().isEmpty()) {
      print("");
      pairs(header.facts()).forEach(this::print);
    }
    print("");
    if (header.firstStep() > 0) {
      print("going on after step " + Figures.count(header.firstStep()));
    }
  }

  @Override
  public synchronized void phase(String what) {
    if (what.equals(phase)) {
      return;
    }
    phase = what;
    phaseStartNanos = nanoClock.getAsLong();
    if (screen.live()) {
      draw();
    } else if (!what.isEmpty()) {
      print(what + " ...");
    }
  }

  @Override
  public synchronized void step(int epoch, long step, double loss, double imagesPerSecond) {
    long now = nanoClock.getAsLong();
    boolean isFirst = progress == null;
    if (isFirst) {
      firstStep = step;
      firstStepNanos = now;
    }
    phase = "";
    long epochs = header == null ? epoch : ceilDivide(header.totalSteps(), header.stepsPerEpoch());
    long totalSteps = header == null ? step : header.totalSteps();
    progress =
        new ProgressLine(
            epoch, epochs, step, totalSteps, loss, imagesPerSecond, secondsLeft(step, totalSteps));
    long interval = screen.live() ? LIVE_INTERVAL_NANOS : PLAIN_INTERVAL_NANOS;
    if (!isFirst && now - lastShownNanos < interval) {
      return;
    }
    lastShownNanos = now;
    if (screen.live()) {
      draw();
    } else {
      print(progress.plain());
    }
  }

  @Override
  public synchronized void message(String line) {
    print(line);
    redraw();
  }

  @Override
  public synchronized void warning(String line) {
    print(screen.style().warn(screen.style().sign("▲ ", "! ") + line));
    redraw();
  }

  @Override
  public synchronized void epoch(EpochRecord s) {
    print(
        Text.format(
            "%s  train loss %s%s  %s images/s  %s s",
            screen.style().bold("epoch " + s.epoch()),
            Figures.fraction(s.trainLoss()),
            measured("validation", s.validationLoss(), s.validationAccuracy())
                + measured("test", s.testLoss(), s.testAccuracy()),
            Figures.count(s.imagesPerSecond()),
            Amounts.seconds(s.seconds())));
    redraw();
  }

  private String measured(String part, Double loss, Double accuracy) {
    return accuracy == null
        ? ""
        : Text.format(
            "  %s loss %s  %s accuracy %s",
            part, Figures.fraction(loss), part, screen.style().good(Figures.fraction(accuracy)));
  }

  @Override
  public synchronized void check(
      CheckState state, String name, String detail, Optional<String> advice) {
    Style style = screen.style();
    String sign =
        switch (state) {
          case PASSED -> style.good(style.sign("✓", "ok  "));
          case WARNED -> style.warn(style.sign("▲", "warn"));
          case FAILED -> style.bad(style.sign("✗", "FAIL"));
        };
    print(Text.format("  %s  %-18s %s", sign, name, detail));
    advice.ifPresent(text -> print("     " + style.dim(style.sign("→ ", "-> ")) + text));
    redraw();
  }

  @Override
  public synchronized void table(String title, List<String> columns, List<List<String>> rows) {
    print("");
    print(screen.style().bold(title));
    print("");
    TextTable.lines(screen.style(), columns, rows).forEach(this::print);
    redraw();
  }

  @Override
  public synchronized void finished(Summary summary) {
    phase = "";
    progress = null;
    clear();
    print("");
    EpochTable.lines(screen.style(), summary.epochs()).forEach(this::print);
    print("");
    Style style = screen.style();
    String accuracy =
        summary.epochs().isEmpty()
            ? ""
            : "test accuracy " + style.good(Figures.fraction(last(summary).testAccuracy())) + "  ";
    print(
        Text.format(
            "%s%s images/s  %s",
            accuracy, Figures.count(summary.imagesPerSecond()), Amounts.clock(summary.seconds())));
    print("");
    pairs(summary.written()).forEach(this::print);
  }

  @Override
  public synchronized void close() {
    ticker.ifPresent(ScheduledExecutorService::shutdownNow);
    clear();
    screen.out().flush();
  }

  /** Draws again, so that time goes on. */
  synchronized void tick() {
    redraw();
  }

  private List<String> pairs(Map<String, String> named) {
    int width = named.keySet().stream().mapToInt(String::length).max().orElse(0);
    return named.entrySet().stream()
        .map(
            pair ->
                Text.format(
                    "  %s  %s",
                    screen
                        .style()
                        .dim(Text.format("%-" + Math.max(12, width) + "s", pair.getKey())),
                    pair.getValue()))
        .toList();
  }

  private OptionalDouble secondsLeft(long step, long totalSteps) {
    long done = step - firstStep;
    if (done <= 0) {
      return OptionalDouble.empty();
    }
    double secondsPerStep = (nanoClock.getAsLong() - firstStepNanos) / 1e9 / done;
    return OptionalDouble.of(secondsPerStep * Math.max(0, totalSteps - step));
  }

  private void redraw() {
    if (screen.live() && (progress != null || !phase.isEmpty())) {
      draw();
    }
  }

  private void draw() {
    String line;
    if (!phase.isEmpty()) {
      double seconds = (nanoClock.getAsLong() - phaseStartNanos) / 1e9;
      line = Text.format("%s  %s", screen.style().accent(phase + " ..."), Amounts.clock(seconds));
    } else if (progress != null) {
      line = progress.withBar(screen);
    } else {
      return;
    }
    screen.out().print(DRAW + line + DRAWN);
    screen.out().flush();
    lineDrawn = true;
  }

  private void clear() {
    if (lineDrawn) {
      screen.out().print(DRAW + DRAWN);
      lineDrawn = false;
    }
  }

  private void print(String line) {
    clear();
    screen.out().println(line);
    screen.out().flush();
  }

  private static EpochRecord last(Summary summary) {
    return summary.epochs().get(summary.epochs().size() - 1);
  }

  private static long ceilDivide(long a, long b) {
    return b <= 0 ? 1 : (a + b - 1) / b;
  }
}

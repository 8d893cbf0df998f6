package io.densespark.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.sync.collective.RunSecret;
import io.densespark.train.StepMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How the steps of an epoch come to an observer on the driver. */
class ProgressTest {

  private static final RunSecret SECRET = RunSecret.random();
  private static final String JOB = "run/0/job";

  private static JavaSparkContext spark;

  private final List<Integer> told = new ArrayList<>();

  @BeforeAll
  static void startSpark() {
    spark =
        new JavaSparkContext(
            new SparkConf()
                .setMaster("local[1]")
                .setAppName("progress")
                .set("spark.ui.enabled", "false")
                .set("spark.driver.host", "127.0.0.1"));
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void everyStepIsReportedOnceAndNoMoreOftenThanEveryTwoSeconds() {
    AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1);
    List<List<Integer>> reports = new ArrayList<>();
    ProgressSender sender =
        new ProgressSender(clock::get, report -> reports.add(numbers(report.steps())));
    List<StepMetrics> steps = new ArrayList<>(steps(1, 2));

    for (int next = 3; next <= 8; next++) {
      steps.addAll(steps(next));
      sender.report(steps);
      clock.addAndGet(Duration.ofMillis(900).toNanos());
    }

    assertThat(reports).containsExactly(List.of(1, 2, 3), List.of(4, 5, 6));
  }

  @Test
  void aReportCarriesEveryComponent() {
    StepMetrics step = new StepMetrics(7, 2, 256, 0.5, 0.1, 11, 12, 13, 14, 15);
    byte[] sealed = new ProgressReport(List.of(step)).seal(SECRET, JOB);

    assertThat(ProgressReport.open(SECRET, JOB, sealed).steps()).containsExactly(step);
  }

  @Test
  void stepsAreToldOnceAndInOrderWhateverIsReportedAgain() {
    try (ProgressDesk desk = desk(3)) {
      hear(desk, SECRET, 4, 5);
      // An attempt that goes on begins with all steps of the epoch.
      hear(desk, SECRET, 1, 2, 3, 4, 5, 6);
      desk.finish(steps(1, 2, 3, 4, 5, 6, 7));
    }

    assertThat(told).containsExactly(4, 5, 6, 7);
  }

  @Test
  void whatFollowsALostReportWaitsForTheEnd() {
    try (ProgressDesk desk = desk(0)) {
      hear(desk, SECRET, 1, 2);
      hear(desk, SECRET, 4, 5);
      assertThat(told).containsExactly(1, 2);
      desk.finish(steps(1, 2, 3, 4, 5, 6));
    }

    assertThat(told).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void strangersAreNotBelieved() {
    try (ProgressDesk desk = desk(0)) {
      hear(desk, RunSecret.random(), 1);
      desk.hear(new byte[3], null);
      desk.hear(new ProgressReport(steps(1)).seal(SECRET, "another/0/job"), null);
    }

    assertThat(told).isEmpty();
  }

  private ProgressDesk desk(int lastStep) {
    return ProgressDesk.open(SECRET, JOB, step -> told.add(step.step()), lastStep);
  }

  private static void hear(ProgressDesk desk, RunSecret secret, int... numbers) {
    desk.hear(new ProgressReport(steps(numbers)).seal(secret, JOB), null);
  }

  private static List<StepMetrics> steps(int... numbers) {
    return Arrays.stream(numbers)
        .mapToObj(number -> new StepMetrics(number, 1, 20, 0.5, 0.1, 1, 2, 3, 4, 5))
        .toList();
  }

  private static List<Integer> numbers(List<StepMetrics> steps) {
    return steps.stream().map(StepMetrics::step).toList();
  }
}

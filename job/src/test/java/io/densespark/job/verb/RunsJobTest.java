package io.densespark.job.verb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfig;
import io.densespark.config.RunConfigLoader;
import io.densespark.job.ExitCode;
import io.densespark.job.RunDisplay;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.storage.Content;
import io.densespark.storage.Store;
import io.densespark.storage.StoreLock;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lists and compares runs whose files were put there one by one. */
class RunsJobTest {

  private static final Instant MORNING = Instant.parse("2026-03-01T08:00:00Z");

  @TempDir private Path workspace;
  private Store store;
  private final List<String> shown = new ArrayList<>();

  @BeforeEach
  void putRunsThere() {
    store = Store.open(workspace.toString(), new Configuration());
    String batch = "train.batch-size=96";
    put("slow", MORNING, 0.92, 900.0, "train.seed=1", batch);
    put(
        "fast",
        MORNING.plusSeconds(3600),
        0.85,
        2000.0,
        "train.seed=2",
        "model.name=tutorial",
        batch);
    RunDirectory running = new RunDirectory(store, "now");
    running.writeStatus(RunStatus.started("now", MORNING.plusSeconds(7200)));
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void listsNewestFirstUnlessAskedOtherwise() {
    putConfig("now");

    assertThat(listed(RunOrder.STARTED)).containsExactly("now", "fast", "slow");
    assertThat(listed(RunOrder.ACCURACY)).containsExactly("slow", "fast", "now");
    assertThat(listed(RunOrder.SPEED)).containsExactly("fast", "slow", "now");
    assertThat(listed(RunOrder.ID)).containsExactly("fast", "now", "slow");
  }

  @Test
  void rowTellsWhatARunIsAndGave() {
    list(RunOrder.STARTED, false);

    assertThat(text())
        .contains(
            "[fast, failed (20), 2026-03-01 09:00, 2026-03-01 09:01, 0:01:00, 2, 0.8500, -, 2,000,"
                + " tutorial, 96, 0.1, 2]");
  }

  @Test
  void runThatNoProcessHasAnyMoreIsToldFromOneThatGoesOn() throws Exception {
    putConfig("now");

    list(RunOrder.STARTED, false);
    assertThat(text()).contains("[now, abandoned, ");

    Duration lease = Duration.ofMinutes(1);
    try (StoreLock lock = StoreLock.acquire(store, "run-now", "train", lease, Duration.ZERO)) {
      lock.requireHeld();
      shown.clear();
      list(RunOrder.STARTED, false);
      assertThat(text()).contains("[now, running, ");
    }
    shown.clear();
    JsonNode listing = new ObjectMapper().readTree(list(RunOrder.STARTED, true));
    assertThat(listing.at("/runs/0/abandoned").asBoolean()).isTrue();
    assertThat(listing.at("/runs/1/abandoned").asBoolean()).isFalse();
  }

  @Test
  void whatIsNoRunIsNamedAndTheOthersAreListed() {
    store.publish("runs/readme.txt", Content.of(new byte[] {1}));
    store.publish("runs/foreign/data.csv", Content.of(new byte[] {1}));
    store.publish("runs/broken/status.json", Content.of(bytes("{\"state\": ")));
    store.publish("runs/name+that=is_none/status.json", Content.of(bytes("{}")));
    store.publish("runs/odd/status.json", Content.of(bytes("{}")));

    list(RunOrder.STARTED, false);

    assertThat(text())
        .contains("slow", "fast")
        .contains("readme.txt is left aside: a file")
        .contains("foreign is left aside: no run, as it has no status.json")
        .contains("broken is left aside", "status.json is not what this program writes")
        .contains("name+that=is_none is left aside")
        .contains("odd is left aside");
  }

  @Test
  void retrainingThatFoundNothingNewIsToldWithTheRunItIsThatOf() throws Exception {
    store.publish(
        "runs/tuesday/retrain.json",
        Content.of(bytes("{\"outcome\": \"unchanged\", \"comparedWith\": \"slow\"}")));
    store.publish("runs/broke/retrain.json", Content.of(bytes("{\"outcome\": \"failed\"}")));

    list(RunOrder.STARTED, false);

    assertThat(text())
        .contains("tuesday: data and settings unchanged since the run slow")
        .doesNotContain("tuesday is left aside")
        .contains("broke is left aside");
    shown.clear();
    JsonNode listing = new ObjectMapper().readTree(list(RunOrder.STARTED, true));
    assertThat(listing.get("others").findValuesAsText("unchangedSince")).contains("slow");
  }

  @Test
  void jsonHoldsRunsAndWhatIsNone() throws Exception {
    store.publish("runs/foreign/data.csv", Content.of(new byte[] {1}));

    JsonNode listing = new ObjectMapper().readTree(list(RunOrder.ACCURACY, true));

    assertThat(listing.at("/runs/0/runId").asText()).isEqualTo("slow");
    assertThat(listing.at("/runs/0/state").asText()).isEqualTo("failed");
    assertThat(listing.at("/runs/0/testAccuracy").asDouble()).isEqualTo(0.92);
    assertThat(listing.get("others").findValuesAsText("name")).contains("foreign");
  }

  @Test
  void emptyWorkspaceIsNoFailure() {
    store.delete("runs");

    assertThat(list(RunOrder.STARTED, false)).contains("no runs in").contains(store.uri());
  }

  @Test
  void comparisonNamesWhatDiffersAndNothingElse() {
    compare("slow", "fast");

    assertThat(text())
        .contains("[train.seed, 1, 2]", "[model.name, densenet-bc, tutorial]")
        .contains("[best of an epoch, 0.9200 (2), 0.8500 (2)]")
        .contains("[1, 0.5000, 0.5000]", "[2, 0.9200, 0.8500]")
        .doesNotContain("train.batch-size", "run.id", "processor");
  }

  @Test
  void comparisonOfARunThatGoesOnWorks() {
    putConfig("now");

    compare("slow", "now");

    assertThat(text()).contains("[state, failed, running]", "[test accuracy, 0.9200, -]");
  }

  @Test
  void unknownRunIsNamedWithThoseThereAre() {
    Throwable refused = catchThrowable(() -> compare("slow", "none"));

    assertThat(refused).hasMessageContaining("none").hasMessageContaining("fast, now, slow");
    assertThat(ExitCode.of(refused)).isEqualTo(ExitCode.USAGE);
  }

  private void put(
      String id, Instant start, double accuracy, double imagesPerSecond, String... settings) {
    RunDirectory run = new RunDirectory(store, id);
    putConfig(id, settings);
    run.writeProvenance(Provenance.collect(Map.of(), Map.of(), Map.of(), Map.of(), 2, null));
    List<EpochRecord> epochs =
        List.of(epoch(1, 0.5, imagesPerSecond), epoch(2, accuracy, imagesPerSecond));
    try (MetricsLog<EpochRecord> log = MetricsLog.create(store, run.epochs(), Duration.ZERO)) {
      epochs.forEach(log::add);
    }
    Instant end = start.plusSeconds(60);
    run.writeStatus(
        RunStatus.started(id, start)
            .withEpoch(epochs.get(1), imagesPerSecond, 60, end)
            .failed(20, "stopped", 60, end));
  }

  private static EpochRecord epoch(int number, double accuracy, double imagesPerSecond) {
    return new EpochRecord(
        number,
        4L * number,
        1,
        1.0,
        accuracy,
        null,
        null,
        imagesPerSecond,
        30,
        0.1,
        List.of(),
        List.of());
  }

  private void putConfig(String id, String... settings) {
    byte[] json = bytes(config(settings).settings().toJson());
    store.replace(new RunDirectory(store, id).config(), Content.of(json));
  }

  private RunConfig config(String... settings) {
    ConfigSources sources = new ConfigSources().set("run.output=" + workspace);
    for (String setting : settings) {
      sources = sources.set(setting);
    }
    return new RunConfigLoader().load(sources);
  }

  private List<String> listed(RunOrder order) {
    shown.clear();
    JsonNode runs;
    try {
      runs = new ObjectMapper().readTree(list(order, true)).get("runs");
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
    return runs.findValuesAsText("runId");
  }

  private String list(RunOrder order, boolean json) {
    assertThat(new RunsJob(config(), display(), order, json).run()).isEqualTo(ExitCode.SUCCESS);
    return text();
  }

  private void compare(String... ids) {
    new CompareRunsJob(config(), display(), List.of(ids), false).run();
  }

  private String text() {
    return String.join("\n", shown);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private RunDisplay display() {
    return (RunDisplay)
        Proxy.newProxyInstance(
            RunDisplay.class.getClassLoader(),
            new Class<?>[] {RunDisplay.class},
            (proxy, method, arguments) -> {
              shown.add(String.join(" ", Arrays.stream(arguments).map(String::valueOf).toList()));
              return null;
            });
  }
}

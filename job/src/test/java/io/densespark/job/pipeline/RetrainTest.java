package io.densespark.job.pipeline;

import static io.densespark.job.SmallJobs.assertEnds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfig;
import io.densespark.config.RunConfigLoader;
import io.densespark.job.ExitCode;
import io.densespark.job.RunDisplay;
import io.densespark.job.verb.ReportJob;
import io.densespark.storage.Store;
import io.densespark.storage.StoreLock;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole slots of a schedule on an embedded Spark, on a few real images. */
class RetrainTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final LocalDate MONDAY = day("2026-01-26");

  @TempDir private static Path first;
  @TempDir private Path other;

  @BeforeAll
  static void retrainOnce() throws Exception {
    ExitCode code = retrain(config(first), MONDAY, showing(new ArrayList<>()));
    assertThat(code).isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void firstSlotMakesTheFirstChampion() throws IOException {
    JsonNode models = models(first);

    assertThat(models.at("/aliases/champion").asInt()).isEqualTo(1);
    assertThat(kinds(models)).containsExactly("registered", "promoted");
    assertThat(models.at("/versions/0/runId").asText()).isEqualTo("fashion-mnist-2026-01-26");
    JsonNode summary = read(first, "runs/fashion-mnist-2026-01-26/retrain.json");
    assertThat(summary.at("/outcome").asText()).isEqualTo("promoted");
    assertThat(summary.at("/version").asInt()).isEqualTo(1);
    assertThat(summary.at("/decision/checks")).hasSize(11);
    assertThat(Files.readAllBytes(first.resolve("models/fashion-mnist/versions/1/model.zip")))
        .isEqualTo(Files.readAllBytes(first.resolve("runs/fashion-mnist-2026-01-26/model.zip")));
  }

  @Test
  void sameSlotAgainChangesNothingWhateverStageTheFirstCallReached() throws Exception {
    for (String stage :
        List.of("evaluating the candidate", "registering", "timing", "writing the decision")) {
      Path workspace = copyOfTheRun(stage.replace(' ', '-'));
      Throwable killed =
          catchThrowable(() -> retrain(config(workspace), MONDAY, displayThatFailsAt(stage)));
      assertThat(killed).as(stage).hasMessageContaining("plug");
      JsonNode failed = read(workspace, "runs/fashion-mnist-2026-01-26/retrain.json");
      assertThat(failed.at("/outcome").asText()).isEqualTo("failed");

      assertThat(retrain(config(workspace), MONDAY, showing(new ArrayList<>())))
          .isEqualTo(ExitCode.SUCCESS);

      JsonNode models = models(workspace);
      assertThat(kinds(models)).as(stage).containsExactly("registered", "promoted");
      assertThat(models.at("/versions/0/parametersSha256"))
          .isEqualTo(models(first).at("/versions/0/parametersSha256"));
    }
  }

  @Test
  void rejectedVersionStaysACandidateAndTheCommandIsTold() throws Exception {
    Path workspace = copyOfTheRun("gate");
    retrain(config(workspace), MONDAY, showing(new ArrayList<>()));
    Path told = other.resolve("told.json");
    RunConfig strict =
        config(
            workspace,
            "train.seed=43",
            "gate.against-champion=significantly-better",
            "gate.min-accuracy=0.99",
            "notify.command=cat > " + told + "; exit 5");
    List<String> shown = new ArrayList<>();

    ExitCode code = retrain(strict, day("2026-01-27"), showing(shown));

    assertThat(code).isEqualTo(ExitCode.GATE_REJECTED);
    assertThat(String.join("\n", shown)).contains("notify.command ended with code 5");
    JsonNode models = models(workspace);
    assertThat(models.at("/aliases/champion").asInt()).isEqualTo(1);
    assertThat(models.at("/aliases/candidate").asInt()).isEqualTo(2);
    assertThat(kinds(models)).endsWith("rejected");
    assertThat(JSON.readTree(told.toFile()).at("/exitCode").asInt()).isEqualTo(30);

    // The same slot is told the same, and nothing is written again.
    assertThat(retrain(strict, day("2026-01-27"), showing(shown)))
        .isEqualTo(ExitCode.GATE_REJECTED);
    assertThat(models(workspace)).isEqualTo(models);

    assertThat(
            new PromoteJob(strict, showing(shown), Optional.empty(), true, Optional.empty()).run())
        .isEqualTo(ExitCode.GATE_REJECTED);
    assertThat(models(workspace)).isEqualTo(models);

    new PromoteJob(strict, showing(shown), Optional.of(2), false, Optional.of("for a trial")).run();
    assertThat(models(workspace).at("/aliases/champion").asInt()).isEqualTo(2);
    new RollbackJob(strict, showing(shown), Optional.empty()).run();
    assertThat(models(workspace).at("/aliases/champion").asInt()).isEqualTo(1);
  }

  @Test
  void zipIsRegisteredOnceAndNamesItsSource() throws Exception {
    String zip = first.resolve("runs/fashion-mnist-2026-01-26/model.zip").toString();
    RunConfig config = config(other, "registry.name=from-a-zip");

    new RegisterJob(config, showing(new ArrayList<>()), Optional.of(zip)).run();
    new RegisterJob(config, showing(new ArrayList<>()), Optional.of(zip)).run();

    JsonNode models = models(config);
    assertThat(models.at("/versions")).hasSize(1);
    assertThat(models.at("/versions/0/source").asText()).isEqualTo(zip);
  }

  @Test
  void sameSlotInTheSameMomentEndsWith40() throws Exception {
    try (Store store = Store.open(first.toString(), new Configuration());
        StoreLock held =
            StoreLock.acquire(
                store,
                "retrain-fashion-mnist-2026-01-28",
                "retrain",
                Duration.ofMinutes(1),
                Duration.ZERO)) {
      assertEnds(
          ExitCode.LOCK_HELD,
          () -> retrain(config(first), day("2026-01-28"), showing(new ArrayList<>())));
      assertThat(first.resolve("runs/fashion-mnist-2026-01-28")).doesNotExist();
      held.requireHeld();
    }
  }

  @Test
  void unchangedDataIsLeftAloneUnlessForcedAndChangedDataIsTrainedOn() throws Exception {
    Path workspace = copyOfTheRun("unchanged");
    retrain(config(workspace), MONDAY, showing(new ArrayList<>()));
    Path told = other.resolve("outcome.json");
    List<String> shown = new ArrayList<>();
    JsonNode before = models(workspace);

    ExitCode code =
        retrain(
            config(workspace, "notify.command=cat > " + told), day("2026-01-27"), showing(shown));

    assertThat(code).isEqualTo(ExitCode.SUCCESS);
    assertThat(String.join("\n", shown)).contains("data unchanged", "version 1", "--force");
    assertThat(JSON.readTree(told.toFile()).at("/outcome").asText()).isEqualTo("unchanged");
    assertThat(models(workspace)).isEqualTo(before);
    String slot = "fashion-mnist-2026-01-27";
    assertThat(workspace.resolve("runs").resolve(slot).toFile().list())
        .containsExactly("retrain.json");
    JsonNode summary = read(workspace, "runs/" + slot + "/retrain.json");
    assertThat(summary.at("/outcome").asText()).isEqualTo("unchanged");
    assertThat(summary.at("/comparedWith").asText()).isEqualTo("fashion-mnist-2026-01-26");
    assertThat(summary.at("/fingerprint"))
        .isEqualTo(
            read(workspace, "runs/fashion-mnist-2026-01-26/provenance.json")
                .at("/images/fingerprint"));
    assertThatThrownBy(() -> new ReportJob(config(workspace), showing(shown), slot).run())
        .hasMessageContaining("trained nothing", "the run fashion-mnist-2026-01-26");
    assertThatThrownBy(
            () ->
                new RegisterJob(
                        config(workspace, "run.id=" + slot), showing(shown), Optional.empty())
                    .run())
        .hasMessageContaining("trained nothing", "the run fashion-mnist-2026-01-26");

    RunConfig changed = config(workspace, "data.path=" + withAnotherLabel());
    retrain(changed, day("2026-01-28"), showing(shown));
    assertThat(models(workspace).at("/versions")).hasSize(2);

    new RetrainJob(changed, showing(shown), Optional.of(day("2026-01-29")), false, true).run();
    assertThat(models(workspace).at("/versions")).hasSize(3);
  }

  /** The sample, its first label another. */
  private Path withAnotherLabel() throws IOException {
    Path data = Files.createDirectories(other.resolve("relabelled"));
    try (var files = Files.list(Path.of("src/test/resources/fashion-mnist-sample"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".gz")).toList()) {
        byte[] content;
        try (var in = new GZIPInputStream(Files.newInputStream(file))) {
          content = in.readAllBytes();
        }
        if (file.getFileName().toString().startsWith("train-labels")) {
          content[8] = (byte) ((content[8] + 1) % 10);
        }
        Files.write(data.resolve(file.getFileName().toString().replace(".gz", "")), content);
      }
    }
    return data;
  }

  private static LocalDate day(String date) {
    return LocalDate.parse(date);
  }

  private static ExitCode retrain(RunConfig config, LocalDate day, RunDisplay display)
      throws Exception {
    return new RetrainJob(config, display, Optional.of(day), false, false).run();
  }

  private static JsonNode models(RunConfig config) throws IOException {
    List<String> shown = new ArrayList<>();
    new ModelsJob(config, showing(shown), true).run();
    return JSON.readTree(String.join("", shown));
  }

  /** A workspace with the finished run and no registry. */
  private Path copyOfTheRun(String name) throws IOException {
    Path from = first.resolve("runs/fashion-mnist-2026-01-26");
    Path to = other.resolve(name);
    try (var files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = to.resolve("runs/fashion-mnist-2026-01-26").resolve(from.relativize(file));
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
    Files.delete(to.resolve("runs/fashion-mnist-2026-01-26/retrain.json"));
    return to;
  }

  private JsonNode models(Path workspace) throws IOException {
    return models(config(workspace));
  }

  private static List<String> kinds(JsonNode models) {
    return models.get("events").findValuesAsText("kind");
  }

  private static JsonNode read(Path workspace, String file) throws IOException {
    return JSON.readTree(workspace.resolve(file).toFile());
  }

  private static RunConfig config(Path workspace, String... more) {
    ConfigSources sources = new ConfigSources();
    List<String> settings =
        new ArrayList<>(
            List.of(
                "run.output=" + workspace,
                "run.master=local[2]",
                "data.path=" + Path.of("src/test/resources/fashion-mnist-sample").toAbsolutePath(),
                "data.verify-checksums=false",
                "data.image-size=32",
                "data.train-limit=64",
                "data.test-limit=100",
                "model.growth-rate=4",
                "model.block-layers=[1,1]",
                "model.stem.channels=8",
                "train.epochs=1",
                "train.batch-size=32",
                "train.schedule.warmup-epochs=0",
                "gate.min-accuracy=0",
                "gate.min-class-recall=0",
                "gate.max-calibration-error=1",
                "gate.max-latency=1m"));
    settings.addAll(Arrays.asList(more));
    settings.forEach(sources::set);
    return new RunConfigLoader().load(sources);
  }

  private static RunDisplay showing(List<String> shown) {
    return display((method, text) -> shown.add(text));
  }

  private static RunDisplay displayThatFailsAt(String stage) {
    return display(
        (method, text) -> {
          if (method.equals("phase") && text.startsWith(stage)) {
            throw new IllegalStateException("the plug was pulled");
          }
        });
  }

  private static RunDisplay display(java.util.function.BiConsumer<String, String> calls) {
    return (RunDisplay)
        Proxy.newProxyInstance(
            RunDisplay.class.getClassLoader(),
            new Class<?>[] {RunDisplay.class},
            (proxy, method, arguments) -> {
              calls.accept(
                  method.getName(),
                  String.join(" ", Arrays.stream(arguments).map(String::valueOf).toList()));
              return null;
            });
  }
}

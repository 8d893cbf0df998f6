package io.densespark.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.densespark.metrics.EpochRecord.ClassRecord;
import io.densespark.storage.Content;
import io.densespark.storage.StorageException;
import io.densespark.storage.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunDirectoryTest {

  private static final Instant NOW = Instant.parse("2024-05-01T10:00:00Z");

  @TempDir Path directory;
  private Store store;
  private RunDirectory run;

  @BeforeEach
  void openStore() {
    store = Store.open(directory.toString(), new Configuration());
    run = new RunDirectory(store, "first");
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void statusHasTheFieldsThatScriptsRelyOn() throws IOException {
    run.writeStatus(RunStatus.started("first", NOW));
    JsonNode json = new ObjectMapper().readTree(store.read("runs/first/status.json"));
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "state",
            "exitCode",
            "error",
            "runId",
            "epochs",
            "testAccuracy",
            "testLoss",
            "validationAccuracy",
            "validationLoss",
            "mirroredTestAccuracy",
            "stoppedEarly",
            "imagesPerSecond",
            "seconds",
            "parametersSha256",
            "startedAt",
            "updatedAt");
    assertThat(json.get("state").asText()).isEqualTo("running");
    assertThat(json.get("testLoss").isNull()).isTrue();
    assertThat(json.get("startedAt").asText()).isEqualTo("2024-05-01T10:00:00Z");
  }

  @Test
  void statusKeepsWhatWasReachedWhenTheRunFails() {
    EpochRecord epoch =
        new EpochRecord(
            2,
            938,
            0.4,
            0.35,
            0.88,
            null,
            null,
            1000,
            60,
            0.1,
            List.of(new ClassRecord("Bag", Double.NaN, 0)),
            List.of(List.of(1L)));
    RunStatus failed =
        RunStatus.started("first", NOW)
            .withEpoch(epoch, 990, 61, NOW.plusSeconds(61))
            .failed(21, "loss is not finite", 62, NOW.plusSeconds(62));
    run.writeStatus(failed);
    assertThat(run.readStatus()).contains(failed);
    assertThat(failed.epochs()).isEqualTo(2);
    assertThat(failed.testAccuracy()).isEqualTo(0.88);
    assertThat(failed.exitCode()).isEqualTo(21);
    assertThat(failed.resumed(NOW).exitCode()).isNull();
  }

  @Test
  void aRunIsThereWhileItHasAStatus() {
    RunDirectory other = new RunDirectory(store, "b");
    store.publish("runs/b/config.json", Content.of(new byte[0]));
    assertThat(other.exists()).isFalse();
    other.writeStatus(RunStatus.started("b", NOW));
    assertThat(other.exists()).isTrue();
    other.delete();
    assertThat(other.exists()).isFalse();
    assertThat(run.readStatus()).isEmpty();
  }

  @Test
  void deletingLeavesWhatTheRunDidNotWrite() throws Exception {
    run.writeStatus(RunStatus.started("first", NOW));
    store.publish(run.epochModel(1), Content.of(new byte[] {1}));
    Path notes = Files.writeString(directory.resolve("runs/first/my notes (1).txt"), "keep");

    run.delete();

    assertThat(notes).hasContent("keep");
    try (Stream<Path> left = Files.list(directory.resolve("runs/first"))) {
      assertThat(left).containsExactly(notes);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``                    | it is empty",
        "{\"state\":\"ru         | it is cut short, after 12 bytes",
        "{\"state\":\"paused\"}  | value of \"paused\" for \"state\": a newer one wrote it",
        "{\"epochs\":[1]}       | value for \"epochs\"",
        "{\"exitCode\":0}       | state, runId, startedAt and updatedAt must be there",
        "hello                 | no JSON of this form at line 1"
      })
  void damagedStatusIsNamedInPlainWords(String content, String what) {
    store.publish(run.status(), Content.of(content.getBytes(StandardCharsets.UTF_8)));
    assertThatThrownBy(run::readStatus)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("runs/first/status.json")
        .hasMessageContaining(what)
        .hasMessageContaining("--fresh")
        .hasMessageNotContaining("jackson")
        .hasMessageNotContaining("Source")
        .hasRootCauseInstanceOf(IOException.class);
  }

  @Test
  void nothingIsWrittenOnceTheRunIsRemoved() {
    run.writeStatus(RunStatus.started("first", NOW));
    RunDirectory going = run.whileThere();
    going.keepRoom();
    store.delete(run.path());

    assertThatThrownBy(() -> going.writeMistakes(List.of()))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("was removed meanwhile");
    assertThatThrownBy(() -> going.writeStatus(RunStatus.started("first", NOW)))
        .isInstanceOf(StorageException.class);
    assertThat(store.list(run.path())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "..", "-x", "a/b", "a b", ".hidden", "ü"})
  void runIdsThatAreNoNamesAreRefused(String runId) {
    assertThatThrownBy(() -> new RunDirectory(store, runId))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Allowed");
  }

  @Test
  void provenanceNeverHoldsSecrets() {
    Map<String, String> settings =
        Map.of(
            "spark.hadoop.fs.s3a.access.key", "AKIAIOSFODNN7EXAMPLE",
            "spark.hadoop.fs.s3a.secret.key", "hush/1",
            "spark.hadoop.fs.s3a.session.token", "hush2",
            "spark.ssl.keyPassword", "hush3",
            "spark.driver.extraJavaOptions", "-Xmx1g -Dstore.password=hush4 -Dx=y",
            "spark.jars", "https://me:hush5@repo/x.jar",
            "spark.app.name", "fashion",
            "spark.executorEnv.AWS_SECRET_ACCESS_KEY", "hush6");
    Provenance provenance =
        Provenance.collect(
            Map.of("spark", "3.5"), Map.of(), Map.of("train", 1L), settings, 2, null);
    run.writeProvenance(provenance);
    assertThat(new String(store.read(run.provenance()), StandardCharsets.UTF_8))
        .doesNotContain("hush", "AKIA")
        .contains("-Xmx1g", "-Dx=y", "fashion");
    assertThat(run.readProvenance()).contains(provenance);
    assertThat(provenance.versions()).containsKeys("densespark", "java", "spark");
    assertThat(provenance.machine().cores()).isPositive();
    assertThat(provenance.machine().memoryBytes()).isPositive();
  }
}

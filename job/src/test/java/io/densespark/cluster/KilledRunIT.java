package io.densespark.cluster;

import static io.densespark.cluster.SmallRuns.LIMIT;
import static io.densespark.cluster.SmallRuns.succeeds;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kills the whole of a run, driver and replicas, at random moments over and over; {@code -Dkills=N}
 * says how often.
 */
final class KilledRunIT {

  private static final int KILLS = Integer.getInteger("kills", 3);
  private static final int STEPS_AN_EPOCH = 32;

  /** Long enough that the run does not end before it is killed for the last time. */
  private static final int EPOCHS = 4 + 2 * KILLS;

  private static final int LONGEST_LIFE_MILLIS = 500;

  @TempDir Path workspace;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sync.mode=gradient-sharing",
        "sync.mode=parameter-averaging sync.averaging-frequency=3"
      })
  void aRunThatIsKilledAgainAndAgainEndsWithTheBitsOfAnUndisturbedOne(String mode)
      throws Exception {
    SmallRuns runs = runs();
    succeeds(Scripts.run(LIMIT, environment(), "densespark", arguments("calm", mode)));

    Random random = new Random(mode.hashCode());
    List<String> resumed = new ArrayList<>();
    for (int kill = 1; kill <= KILLS; kill++) {
      resumed.add(trainUntilKilled(kill, mode, random.nextInt(LONGEST_LIFE_MILLIS)));
      if (runs.status("killed").get("state").asText().equals("succeeded")) {
        // On a machine on which this test had to wait longer than it meant to.
        break;
      }
      assertThat(runs.status("killed").get("state").asText()).isEqualTo("running");
    }
    ScriptResult last = Scripts.run(LIMIT, environment(), "densespark", arguments("killed", mode));
    succeeds(last);
    resumed.add(resumption(last.output()));

    System.out.println(mode + ", killed and resumed: " + resumed);
    assertThat(runs.sha("killed")).isEqualTo(runs.sha("calm"));
    List<String> steps = runs.column("killed", "steps", "step");
    assertThat(steps).hasSize(EPOCHS * STEPS_AN_EPOCH);
    assertThat(steps).isEqualTo(runs.column("calm", "steps", "step"));
    assertThat(runs.column("killed", "steps", "loss"))
        .isEqualTo(runs.column("calm", "steps", "loss"));
    assertThat(runs.column("killed", "epochs", "trainLoss"))
        .isEqualTo(runs.column("calm", "epochs", "trainLoss"));
    assertThat(temporary()).isEmptyDirectory();
  }

  private Path temporary() {
    return workspace.resolve("temporary");
  }

  private Map<String, String> environment() throws IOException {
    return Map.of("TMPDIR", Files.createDirectories(temporary()).toString());
  }

  /** Returns where the process had gone on from. */
  private String trainUntilKilled(int kill, String mode, int lifeMillis) throws Exception {
    Path log = workspace.resolve("killed-" + kill + ".log");
    Set<Path> before = checkpoints();
    Process training = Scripts.start(log, environment(), "densespark", arguments("killed", mode));
    try {
      SmallRuns.await(() -> !before.containsAll(checkpoints()), training, log);
      if (training.waitFor(lifeMillis, TimeUnit.MILLISECONDS)) {
        assertThat(training.exitValue()).as(Files.readString(log)).isZero();
      }
    } finally {
      Scripts.kill(training);
    }
    assertThat(training.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return resumption(Files.readString(log));
  }

  private static String resumption(String output) {
    return output
        .lines()
        .filter(line -> line.startsWith("resuming after"))
        .map(line -> line.substring("resuming after ".length()))
        .findFirst()
        .orElse("start");
  }

  private Set<Path> checkpoints() throws IOException {
    Path directory = runs().directory("killed").resolve("checkpoints");
    if (!Files.exists(directory)) {
      return Set.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(one -> Files.exists(one.resolve("manifest.json")))
          .collect(Collectors.toSet());
    }
  }

  private String[] arguments(String runId, String mode) {
    List<String> settings =
        new ArrayList<>(
            List.of(
                "train.epochs=" + EPOCHS, "checkpoint.every-epochs=4", "checkpoint.every-steps=5"));
    settings.addAll(List.of(mode.split(" ")));
    return runs().local("train", runId, settings.toArray(String[]::new));
  }

  private SmallRuns runs() {
    return new SmallRuns(workspace);
  }
}

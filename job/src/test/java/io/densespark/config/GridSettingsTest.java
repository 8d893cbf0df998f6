package io.densespark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.densespark.scaling.ArmConfig;
import io.densespark.scaling.Cell;
import io.densespark.sync.SyncConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GridSettingsTest {

  private static final String GRID =
      """
      train { epochs = 8, optimizer.learning-rate = 0.1, schedule.warmup-epochs = 1 }
      scale {
        base-batch = 64
        batches = [64, 256]
        local-batch = 32
        seeds = [1, 2]
        arms {
          zebra { rate-growth = none }
          ant {
            batches = [1024]
            settings {
              train { l2 = 0.25, schedule { kind = step, milestones = [1, 2] } }
              sync { mode = parameter-averaging, averaging-frequency = 4 }
            }
          }
        }
      }
      """;

  @TempDir private Path folder;

  @Test
  void armsStandInTheirOrderAndSayForThemselvesWhatScaleSaysForAll() throws IOException {
    List<ArmConfig> arms = load(GRID).grid().arms();

    assertThat(arms).extracting(ArmConfig::name).containsExactly("zebra", "ant");
    assertThat(arms)
        .extracting(ArmConfig::batches)
        .containsExactly(List.of(64, 256), List.of(1024));
    assertThat(arms).extracting(ArmConfig::seeds).containsOnly(List.of(1L, 2L));
    assertThat(arms).extracting(ArmConfig::rates).containsOnly(List.of(0.1));
  }

  @Test
  void aRunHasTheSettingsOfTheFileOfItsArmAndOfItsCell() throws IOException {
    GridSettings grid = load(GRID);

    RunConfig ant = grid.of(new Cell("ant", 1024, 0.1, 2));
    assertThat(ant.train().batchSize()).isEqualTo(1024);
    assertThat(ant.train().optimizer().learningRate()).isEqualTo(1.6);
    assertThat(ant.train().seed()).isEqualTo(2);
    assertThat(ant.train().schedule().milestones()).containsExactly(1.0, 2.0);
    assertThat(ant.sync().mode()).isEqualTo(SyncConfig.Mode.PARAMETER_AVERAGING);
    assertThat(ant.sync().replicas()).hasValue(32);
    assertThat(ant.train().l2()).isEqualTo(0.25);
    RunConfig zebra = grid.of(new Cell("zebra", 256, 0.1, 1));
    assertThat(zebra.train().optimizer().learningRate()).isEqualTo(0.1);
    assertThat(zebra.sync().mode()).isEqualTo(SyncConfig.Mode.GRADIENT_SHARING);
  }

  @Test
  void flagsGoBeforeTheFileAndItsArmsAndACellBeforeAll() throws IOException {
    GridSettings grid =
        GridSettings.load(
            sources(GRID)
                .set("train.epochs=3")
                .set("train.batch-size=8")
                .set("train.l2=0.5")
                .set("scale.only=[ant]")
                .set("scale.batches=[128]"),
            new RunConfigLoader());

    assertThat(grid.grid().candidates()).extracting(Cell::batch).containsExactly(128, 128);
    RunConfig ant = grid.of(new Cell("ant", 128, 0.1, 1));
    assertThat(ant.train().epochs()).isEqualTo(3);
    assertThat(ant.train().l2()).isEqualTo(0.5);
    assertThat(ant.train().batchSize()).isEqualTo(128);
  }

  @Test
  void aRunStopsWhenTheGridDoesOrEarlierIfItsSettingsSaySo() throws IOException {
    Cell cell = new Cell("ant", 1024, 0.1, 1);

    assertThat(load(GRID).of(cell, "a", Duration.ofHours(1)).train().timeLimit())
        .contains(Duration.ofHours(1));
    GridSettings own = load(GRID + "train.time-limit = 30m");
    assertThat(own.of(cell, "a", Duration.ofHours(1)).train().timeLimit())
        .contains(Duration.ofMinutes(30));
    assertThat(own.of(cell, "a", Duration.ofHours(1)).run().runId()).contains("a");
  }

  @Test
  void aFileOfAGridIsOneOfARunToo() throws IOException {
    assertThat(new RunConfigLoader().load(sources(GRID)).train().epochs()).isEqualTo(8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "scale.arms.ant.batch = [64]           | no such setting; did you mean scale.batches?",
        "scale.arms.ant.base-batch = 32        | arm ant sets what holds for the whole grid",
        "scale.arms.ant.rate-growth = cubic    | must be one of none, square-root, linear",
        "scale.batches = []                    | must be a list of at least 1",
        "scale.arms.ant.settings.train.epoc = 1 | did you mean train.epochs?",
        "scale.arms.ant = 3                    | arm ant must be a section",
        "scale.arms.\"a b\" {}                 | names of arms are up to 30",
        "scale.only = [bee]                    | the arms are [zebra, ant]",
        "scale.local-batch = 48                | replicas share the global batch evenly",
        "scale.local-batch = none              | leaves the number of replicas to the machine",
        "scale.seeds = [1, 1]                  | names a seed twice"
      })
  void whatIsWrongIsToldWithWhatIsAllowed(String line, String message) {
    assertThat(refusal(GRID + line)).contains(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "scale.arms {}", "train.epochs = 3"})
  void aFileWithoutArmsIsNoGrid(String file) {
    assertThat(refusal(file)).contains("needs a section scale.arms");
  }

  @ParameterizedTest
  @ValueSource(strings = {"large-batch.conf", "large-batch-smoke.conf"})
  void theGridsOfTheProjectCanBeRun(String name) {
    GridSettings grid =
        GridSettings.load(
            new ConfigSources().file(Path.of("../conf", name)), new RunConfigLoader());

    assertThat(grid.grid().size()).isPositive();
    assertThat(grid.texts()).containsKeys("grid.base-batch", "train.epochs");
  }

  private String refusal(String file) {
    return catchThrowableOfType(ConfigException.class, () -> load(file)).getMessage();
  }

  private GridSettings load(String file) throws IOException {
    return GridSettings.load(sources(file), new RunConfigLoader());
  }

  private ConfigSources sources(String file) throws IOException {
    return new ConfigSources().file(Files.writeString(folder.resolve("grid.conf"), file));
  }
}

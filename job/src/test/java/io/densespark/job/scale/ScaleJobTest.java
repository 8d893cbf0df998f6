package io.densespark.job.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.config.ConfigSources;
import io.densespark.config.GridSettings;
import io.densespark.config.RunConfigLoader;
import io.densespark.job.ExitCode;
import io.densespark.job.JobException;
import io.densespark.job.SmallJobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Grids of small runs on an embedded Spark with two slots. */
class ScaleJobTest {

  @TempDir private Path workspace;
  private SmallJobs runs;

  @BeforeEach
  void makeWorkspace() {
    runs = new SmallJobs(workspace);
  }

  @Test
  void anInterruptedGridGoesOnWithWhatIsLeft() throws Exception {
    // The time of the first call is over before its first run is.
    assertThat(scale("cut", "scale.time-limit=1ms")).isEqualTo(ExitCode.SUCCESS);
    assertThat(runs.allShown()).contains("3 of 3 runs were left out or stopped");
    assertThat(scale("cut", "scale.only=[plain]")).isEqualTo(ExitCode.SUCCESS);
    long written = modified("cut-plain-b32-r0.05-s1");

    assertThat(scale("cut", "scale.cells-at-once=2")).isEqualTo(ExitCode.SUCCESS);

    assertThat(runs.allShown()).contains("2 of 3 runs have ended before");
    assertThat(modified("cut-plain-b32-r0.05-s1")).isEqualTo(written);
    JsonNode finding = SmallJobs.json(workspace.resolve("scale/cut/finding.json"));
    assertThat(finding.get("ended").asInt()).isEqualTo(3);
    assertThat(Files.readAllLines(workspace.resolve("scale/cut/cells.csv"))).hasSize(4);
    assertThat(workspace.resolve("scale/cut/report.html")).isNotEmptyFile();
  }

  @Test
  void aRunThatDivergesIsAFindingAndOneOfOtherSettingsIsRefused() throws Exception {
    assertThat(scale("wild", "scale.only=[wild]", "scale.rates=[1e15]"))
        .isEqualTo(ExitCode.SUCCESS);

    JsonNode row =
        SmallJobs.json(workspace.resolve("scale/wild/finding.json"))
            .get("arms")
            .get(0)
            .get("rows")
            .get(0);
    assertThat(row.get("diverged").asInt()).isEqualTo(1);
    assertThat(row.get("accuracy").isNull()).isTrue();

    assertThatThrownBy(
            () -> scale("wild", "scale.only=[wild]", "scale.rates=[1e15]", "train.l2=0.5"))
        .isInstanceOf(JobException.class)
        .hasMessageContaining("train.l2")
        .hasMessageContaining("--run-id");
  }

  private ExitCode scale(String gridId, String... more) throws Exception {
    ConfigSources sources =
        new ConfigSources()
            .file(
                Files.writeString(
                    workspace.resolve("grid.conf"),
                    """
                    train.epochs = 1
                    scale {
                      base-batch = 32
                      local-batch = 16
                      seeds = [1]
                      arms {
                        plain { batches = [32, 64], rate-growth = none }
                        wild { batches = [64] }
                      }
                    }
                    """));
    for (String setting : settings(gridId)) {
      sources.set(setting);
    }
    Stream.of(more).forEach(sources::set);
    return new ScaleJob(GridSettings.load(sources, new RunConfigLoader()), runs.display()).run();
  }

  private List<String> settings(String gridId) {
    List<String> settings = SmallJobs.settings(workspace.toString(), gridId);
    settings.addAll(
        List.of("data.train-limit=128", "data.test-limit=50", "train.schedule.warmup-epochs=0"));
    return settings;
  }

  private long modified(String run) throws IOException {
    return Files.getLastModifiedTime(runs.file(run, "status.json")).toMillis();
  }
}

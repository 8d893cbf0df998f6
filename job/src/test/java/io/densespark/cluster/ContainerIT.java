package io.densespark.cluster;

import static io.densespark.cluster.SmallRuns.LIMIT;
import static io.densespark.cluster.SmallRuns.join;
import static io.densespark.cluster.SmallRuns.succeeds;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * An executor in a container of just the memory that {@code doctor --size} says: the kernel ends it
 * where it takes more.
 */
final class ContainerIT {

  @RegisterExtension static final StandaloneCluster CLUSTER = new StandaloneCluster(1, Map.of());

  private static final String[] ONE_SLOT = {"sync.replicas=1", "train.epochs=2"};

  @TempDir Path workspace;

  private SmallRuns runs;
  private MemoryGroup container;

  @BeforeEach
  void makeContainer() throws Exception {
    runs = new SmallRuns(workspace);
    container = MemoryGroup.make(workspace);
  }

  @AfterEach
  void removeContainer() throws Exception {
    container.remove();
  }

  @Test
  void whatIsSaidSuffices() throws Exception {
    JsonNode size = size(ONE_SLOT);

    succeeds(submit(size, "fits", ONE_SLOT));

    assertThat(container.killed()).isZero();
    assertThat(runs.sha("fits")).hasSize(64);
  }

  @Test
  void aNetThatNeedsMoreEndsWithASentenceAndIsNotKilled() throws Exception {
    JsonNode size = size(ONE_SLOT);
    String[] larger =
        join(
            ONE_SLOT,
            "data.image-size=64",
            "model.growth-rate=32",
            "model.block-layers=[6,12]",
            "model.stem.channels=64",
            "train.batch-size=512");
    assertThat(memory(size(larger))).isGreaterThan(2 * memory(size));

    ScriptResult result = submit(size, "larger", larger);

    assertThat(result.exitCode()).as(result.output()).isEqualTo(11);
    assertThat(result.output()).contains("doctor --size").doesNotContain("\tat ");
    assertThat(container.killed()).isZero();
  }

  /** What is said of an executor of one core. */
  private JsonNode size(String... settings) throws Exception {
    ScriptResult result =
        Scripts.run(
            LIMIT,
            Map.of(),
            "densespark",
            join(runs.arguments("doctor", "size", settings), "--size", "--cores=1", "--json"));
    succeeds(result);
    return new ObjectMapper().readTree(result.output().substring(result.output().indexOf('{')));
  }

  private static long memory(JsonNode size) {
    JsonNode executor = size.get("executor");
    return executor.get("heapMegabytes").asLong() + executor.get("overheadMegabytes").asLong()
        << 20;
  }

  /** Trains with an executor of this size in a container of this size. */
  private ScriptResult submit(JsonNode size, String runId, String... settings) throws Exception {
    container.limit(memory(size));
    // Workers start executors with the java of the JAVA_HOME that is theirs.
    Path java = Files.createDirectories(workspace.resolve("java/bin")).resolve("java");
    Files.writeString(
        java,
        "#!/bin/sh\necho $$ >>"
            + container.processes()
            + "\nexec "
            + Path.of(System.getProperty("java.home"), "bin/java")
            + " \"$@\"\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> options = new ArrayList<>();
    options.add("--conf=spark.executorEnv.JAVA_HOME=" + workspace.resolve("java"));
    size.get("settings")
        .fields()
        .forEachRemaining(
            setting -> {
              if (setting.getKey().startsWith("spark.executor")) {
                options.add("--conf=" + setting.getKey() + "=" + setting.getValue().asText());
              }
            });
    return CLUSTER.submit(
        LIMIT, join(options.toArray(String[]::new), runs.arguments("train", runId, settings)));
  }
}

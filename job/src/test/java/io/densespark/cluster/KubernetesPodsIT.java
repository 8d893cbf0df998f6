package io.densespark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.densespark.storage.ServiceProcess;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What Spark on Kubernetes makes of our settings, by its own builders, and what of our manifest.
 */
final class KubernetesPodsIT {

  private static final Path PROPERTIES =
      Path.of("../conf/spark-kubernetes.properties").toAbsolutePath().normalize();
  private static final Path MANIFEST =
      Path.of("../docs/schedule/kubernetes-cronjob.yaml").toAbsolutePath().normalize();

  private static final Properties SETTINGS = new Properties();
  private static JsonNode containers;

  @BeforeAll
  static void makePods(@TempDir Path workspace) throws Exception {
    try (Reader file = Files.newBufferedReader(PROPERTIES)) {
      SETTINGS.load(file);
    }
    // With the lines for GPUs, which are comments.
    Path withGpus = workspace.resolve("gpus.properties");
    Files.writeString(
        withGpus,
        Files.readString(PROPERTIES).replaceAll("(?m)^# (spark\\.\\S*(gpu|CUDA)\\S* )", "$1"));
    ServiceProcess program =
        ServiceProcess.start(
            "kubernetes", "KubernetesPods.java", withGpus.toString(), MANIFEST.toString());
    containers = new ObjectMapper().readTree(program.uri());
    program.stop();
  }

  @Test
  void containersGetHeapAndOverheadAndNoMore() {
    for (String process : List.of("driver", "executor")) {
      JsonNode resources = containers.get(process).get("resources");
      String memory = megabytes(process, ".memory") + megabytes(process, ".memoryOverhead") + "Mi";

      assertThat(resources.get("limits").get("memory").asText()).isEqualTo(memory);
      assertThat(resources.get("requests").get("memory").asText()).isEqualTo(memory);
      assertThat(resources.get("requests").get("cpu").asText()).isEqualTo("1");
    }
  }

  @Test
  void processesComputeOnOneThreadASlotWithinTheLimitsOfTensors() {
    assertThat(environment("driver")).contains("OMP_NUM_THREADS=1", "LC_ALL=C.UTF-8");
    assertThat(environment("executor")).contains("OMP_NUM_THREADS=1", "LC_ALL=C.UTF-8");
    String[] options = SETTINGS.getProperty("spark.executor.extraJavaOptions").split(" ");
    assertThat(options).hasSize(3);
    for (int i = 0; i < options.length; i++) {
      assertThat(environment("executor")).contains("SPARK_JAVA_OPT_" + i + "=" + options[i]);
    }
  }

  @Test
  void anExecutorAsksForTheGpuOfItsSlotAndTheDriverForNone() {
    JsonNode executor = containers.get("executor").get("resources").get("limits");

    assertThat(executor.path("nvidia.com/gpu").asText()).isEqualTo("1");
    assertThat(environment("executor")).contains("CUDA_DEVICE_ORDER=PCI_BUS_ID");
    assertThat(containers.get("driver").get("resources").get("limits").has("nvidia.com/gpu"))
        .isFalse();
  }

  /** That the manifest holds nothing that the API does not know, the program has made sure of. */
  @Test
  void theScheduledDriverHasTheMemoryThatItNeeds() {
    String memory = containers.get("cron").get("resources").get("limits").get("memory").asText();

    assertThat(memory).endsWith("Gi");
    assertThat(1024 * Integer.parseInt(memory.replace("Gi", "")))
        .isGreaterThanOrEqualTo(
            megabytes("driver", ".memory") + megabytes("driver", ".memoryOverhead"));
  }

  private static int megabytes(String process, String setting) {
    return Integer.parseInt(
        SETTINGS.getProperty("spark." + process + setting).replaceFirst("m$", ""));
  }

  private static List<String> environment(String process) {
    return StreamSupport.stream(containers.get(process).get("env").spliterator(), false)
        .map(variable -> variable.get("name").asText() + "=" + variable.path("value").asText())
        .toList();
  }
}

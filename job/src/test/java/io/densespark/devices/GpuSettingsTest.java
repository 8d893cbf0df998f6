package io.densespark.devices;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GpuSettingsTest {

  private static final String EXECUTOR = "spark.executor.resource.gpu.amount";
  private static final String TASK = "spark.task.resource.gpu.amount";
  private static final String CORES = "spark.executor.cores";
  private static final String SCRIPT = "spark.executor.resource.gpu.discoveryScript";

  private final SparkConf conf = new SparkConf(false).setMaster("spark://host:7077");

  @Test
  void whoWantsNoGpusIsNotAsked() {
    conf.setMaster("local[4]").set("spark.executor.resource.fpga.amount", "2").set(CORES, "3");

    assertThat(refusal()).isEmpty();
    assertThat(GpuSettings.hint(conf)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"local", "local[2]", "local[*]", "local[*,3]"})
  void oneProcessAssignsNone(String master) {
    gpus("1", "1").setMaster(master);

    assertThat(refusal().orElseThrow())
        .startsWith(master + " assigns no GPUs")
        .contains("leave out " + EXECUTOR + " and " + TASK);
    assertThat(refusal(conf.setMaster("local-cluster[2,1,1024]"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1,0.5", "1,0.25", "2,2", "1,0", "0,1", "1.5,1", "some,1", "1,some", "-1,1", "1,"})
  void aSlotHasOneGpuOfItsOwn(String ofExecutor, String ofTask) {
    conf.set(EXECUTOR, ofExecutor).set(CORES, "1");
    if (ofTask != null) {
      conf.set(TASK, ofTask);
    }

    assertThat(refusal().orElseThrow())
        .contains(EXECUTOR + " = " + ofExecutor)
        .contains(TASK + " = " + (ofTask == null ? "(not set)" : ofTask))
        .contains("and the second to 1");
  }

  @Test
  void tasksCannotHaveWhatExecutorsHaveNot() {
    conf.set(TASK, "1");

    assertThat(refusal().orElseThrow()).contains(EXECUTOR + " = (not set)");
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "4,1,4", "4,4,1", "4,2,2", "5,2,2"})
  void anExecutorHasAsManyGpusAsSlots(String cores, String cpus, String gpus) {
    gpus(gpus, "1.0").set(CORES, cores).set("spark.task.cpus", cpus);

    assertThat(refusal()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"4,1,1,4 makes 4 slots,1,4", "1,1,2,1 makes 1 slots,2,1", "8,2,3,8 makes 4,6,4"})
  void moreSlotsThanGpusAreRefusedAndMoreGpusThanSlots(
      String cores, String cpus, String gpus, String says, String setCores, String setGpus) {
    gpus(gpus, "1").set(CORES, cores).set("spark.task.cpus", cpus);

    assertThat(refusal().orElseThrow())
        .contains(CORES + " = " + says)
        .endsWith("set " + CORES + "=" + setCores + " or " + EXECUTOR + "=" + setGpus);
  }

  @Test
  void coresOfAWorkerAreNotKnownBefore() {
    gpus("2", "1");

    assertThat(refusal()).isEmpty();
    // Elsewhere an executor has one unless it is said.
    conf.setMaster("yarn").set(SCRIPT, "./discover-gpus");
    assertThat(refusal().orElseThrow()).contains(CORES + " = 1 makes 1 slots");
  }

  @ParameterizedTest
  @ValueSource(strings = {"yarn", "k8s://https://host:6443"})
  void executorsThatFindTheirGpusThemselvesNeedAScript(String master) {
    gpus("1", "1").setMaster(master).set("spark.executor.resource.gpu.vendor", "nvidia.com");

    assertThat(refusal().orElseThrow())
        .contains(SCRIPT + " is not set")
        .contains("conf/discover-gpus");
    assertThat(refusal(conf.clone().set(SCRIPT, "/some/script"))).isEmpty();
    assertThat(refusal(conf.clone().set("spark.resources.discoveryPlugin", "a.Plugin"))).isEmpty();
  }

  @Test
  void kubernetesWantsTheVendor() {
    gpus("1", "1").setMaster("k8s://https://host:6443").set(SCRIPT, "/some/script");

    assertThat(refusal().orElseThrow()).contains("vendor=nvidia.com");
  }

  @Test
  void whoWaitsForGpusIsToldWhereToLook() {
    assertThat(GpuSettings.hint(gpus("2", "1")))
        .contains(EXECUTOR + " = 2", "spark.worker.resource.gpu.amount", "conf/discover-gpus");
  }

  /** The lines on GPUs of the files that come with the project, with their comment signs gone. */
  @ParameterizedTest
  @CsvSource({"standalone,spark://host:7077", "yarn,yarn", "kubernetes,k8s://https://host:6443"})
  void theSettingsInTheFilesForClustersAreAccepted(String platform, String master)
      throws IOException {
    Path file = Path.of("../conf/spark-" + platform + ".properties");
    List<String[]> settings =
        Files.readAllLines(file).stream()
            .filter(line -> line.matches("(# )?spark\\.\\S+\\s+\\S.*"))
            .map(line -> line.replaceFirst("^# ", "").split("\\s+", 2))
            .toList();
    settings.forEach(setting -> conf.set(setting[0], setting[1]));

    assertThat(conf.get(EXECUTOR)).isEqualTo("1");
    assertThat(refusal(conf.setMaster(master))).isEmpty();
    // Spark's and CUDA's numbers are the same in this order alone.
    assertThat(conf.getAll())
        .extracting(entry -> Map.entry(entry._1(), entry._2()))
        .contains(Map.entry("spark.executorEnv.CUDA_DEVICE_ORDER", "PCI_BUS_ID"));
  }

  @Test
  void anEngineThatNeedsGpusIsNotStartedOnAClusterWithout() {
    assertThat(GpuSettings.refusal(conf, true).orElseThrow())
        .contains("set " + EXECUTOR + "=1 and " + TASK + "=1");
    assertThat(GpuSettings.refusal(conf.clone().setMaster("local[2]"), true)).isEmpty();
    assertThat(GpuSettings.refusal(gpus("1", "1"), true)).isEmpty();
  }

  private Optional<String> refusal() {
    return refusal(conf);
  }

  private static Optional<String> refusal(SparkConf conf) {
    return GpuSettings.refusal(conf, false);
  }

  private SparkConf gpus(String ofExecutor, String ofTask) {
    return conf.set(EXECUTOR, ofExecutor).set(TASK, ofTask);
  }
}

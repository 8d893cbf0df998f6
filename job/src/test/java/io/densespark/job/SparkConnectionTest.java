package io.densespark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext$;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.deploy.master.Master;
import org.apache.spark.rpc.RpcEnv;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class SparkConnectionTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @TempDir Path directory;

  @Test
  void contextThatItsMasterHasTurnedDownIsSaidToBe() {
    JavaSparkContext context =
        new JavaSparkContext(
            new SparkConf()
                .setMaster("local[1]")
                .setAppName("turned down")
                .set("spark.ui.enabled", "false"));
    SparkConnection.awaitTask(context, Duration.ofMinutes(1));
    context.stop();

    assertThatThrownBy(() -> SparkConnection.awaitTask(context, Duration.ofMinutes(1)))
        .isInstanceOfSatisfying(
            JobException.class, failure -> assertThat(failure.code()).isEqualTo(ExitCode.PREFLIGHT))
        .hasMessageContaining("turned this application down")
        .hasNoCause();
  }

  @ParameterizedTest
  @ValueSource(strings = {"nowhere", "spark://no port"})
  void masterThatIsNoneIsAMatterOfSettings(String master) {
    SparkConf conf =
        new SparkConf().setMaster(master).setAppName("none").set("spark.ui.enabled", "false");

    assertThatThrownBy(() -> SparkConnection.create(conf, TIMEOUT))
        .isInstanceOfSatisfying(
            JobException.class, failure -> assertThat(failure.code()).isEqualTo(ExitCode.USAGE))
        .hasMessageContaining(master)
        .hasMessageContaining("local[*]");
  }

  @ParameterizedTest
  @CsvSource({
    "spark.task.cpus, 3, cpus per task",
    "spark.memory.fraction, 7, spark.memory.fraction",
    "spark.driver.port, many, spark.driver.port",
    "spark.network.timeout, soon, spark.network.timeout",
    "spark.serializer, no.such.Serializer, no.such.Serializer"
  })
  void settingThatSparkDoesNotStartWithIsNamed(String name, String value, String said) {
    SparkConf conf = local().set(name, value);

    assertThatThrownBy(() -> SparkConnection.create(conf, TIMEOUT))
        .isInstanceOfSatisfying(
            JobException.class, failure -> assertThat(failure.code()).isEqualTo(ExitCode.PREFLIGHT))
        .hasMessageContaining(said)
        .hasMessageContaining("spark.conf");
  }

  /** Spark itself gives up on a master after a minute. */
  @Test
  void masterWithAnotherSecretIsToldInTime() {
    RpcEnv master = Master.startRpcEnvAndEndpoint("127.0.0.1", 0, 0, secured("one"))._1();
    SparkConf conf = secured("another").setMaster("spark://" + master.address().hostPort());
    try {
      assertThatThrownBy(
              () -> {
                JavaSparkContext context = SparkConnection.create(conf, TIMEOUT);
                try {
                  SparkConnection.awaitTask(context, Duration.ofMinutes(2));
                } finally {
                  SparkConnection.stop(context);
                }
              })
          .isInstanceOfSatisfying(
              JobException.class,
              failure -> assertThat(failure.code()).isEqualTo(ExitCode.PREFLIGHT))
          .hasMessageContaining("does not answer, or has turned this application down")
          .hasMessageContaining("spark.authenticate.secret");
      assertThat(SparkContext$.MODULE$.getActive().isEmpty()).isTrue();
    } finally {
      master.shutdown();
    }
  }

  private static SparkConf secured(String secret) {
    return local().set("spark.authenticate", "true").set("spark.authenticate.secret", secret);
  }

  @Test
  void executorMemoryThatIsNoSizeIsNamed() {
    SparkConf conf = local().set("spark.executor.memory", "lots");

    assertThatThrownBy(() -> Memory.requireExecutorHeap(conf))
        .isInstanceOfSatisfying(
            JobException.class, failure -> assertThat(failure.code()).isEqualTo(ExitCode.PREFLIGHT))
        .hasMessageContaining("spark.executor.memory = lots");
  }

  @Test
  void kryoIsToldOfArraysWhereNobodyElseDoes() {
    SparkConf conf = local().set("spark.serializer", "org.apache.spark.serializer.KryoSerializer");
    INDArray array = Nd4j.linspace(1, 6, 6).reshape(2, 3);

    try (JavaSparkContext context = SparkConnection.create(conf, TIMEOUT)) {
      assertThat(context.parallelize(List.of(array), 1).map(a -> a.mul(2)).first())
          .isEqualTo(array.mul(2));
    }
  }

  private static SparkConf local() {
    return new SparkConf()
        .setMaster("local[2]")
        .setAppName("settings")
        .set("spark.ui.enabled", "false");
  }

  @Test
  void oneDirectoryForTemporaryFilesIsEnough() throws Exception {
    String file = Files.createFile(directory.resolve("file")).toString();

    SparkSettings.requireLocalDirectory(file, directory.resolve("new").toString());
    assertThat(directory.resolve("new")).isEmptyDirectory();
    assertThatThrownBy(() -> SparkSettings.requireLocalDirectory(file))
        .isInstanceOf(JobException.class)
        .hasMessageContaining(file);
  }
}

package io.densespark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SparkConnectionTest {

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
        .hasMessageContaining("turned this application down");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nowhere", "spark://no port"})
  void masterThatIsNoneIsAMatterOfSettings(String master) {
    SparkConf conf =
        new SparkConf().setMaster(master).setAppName("none").set("spark.ui.enabled", "false");

    assertThatThrownBy(() -> SparkConnection.create(conf))
        .isInstanceOfSatisfying(
            JobException.class, failure -> assertThat(failure.code()).isEqualTo(ExitCode.USAGE))
        .hasMessageContaining(master)
        .hasMessageContaining("local[*]");
  }

  @Test
  void oneDirectoryForTemporaryFilesIsEnough() throws Exception {
    String file = Files.createFile(directory.resolve("file")).toString();

    SparkConnection.requireLocalDirectory(file, directory.resolve("new").toString());
    assertThat(directory.resolve("new")).isEmptyDirectory();
    assertThatThrownBy(() -> SparkConnection.requireLocalDirectory(file))
        .isInstanceOf(JobException.class)
        .hasMessageContaining(file);
  }
}

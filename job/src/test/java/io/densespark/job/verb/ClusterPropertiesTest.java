package io.densespark.job.verb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfigLoader;
import io.densespark.job.SmallJobs;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Properties;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files that come with the project for clusters hold what the default run needs. */
class ClusterPropertiesTest {

  @TempDir private static Path workspace;
  private static JsonNode settings;

  @BeforeAll
  static void size() throws Exception {
    SmallJobs jobs = new SmallJobs(workspace);
    new SizeJob(
            new RunConfigLoader().load(new ConfigSources()),
            jobs.display(),
            OptionalInt.of(2),
            1,
            true)
        .run();
    settings = SmallJobs.JSON.readTree(jobs.allShown()).get("settings");
  }

  @ParameterizedTest
  @ValueSource(strings = {"standalone", "yarn", "kubernetes"})
  void sizesAreThoseOfTheDefaultRunOnTwoExecutors(String platform) throws Exception {
    Properties properties = properties(platform);

    assertThat(settings.fields())
        .toIterable()
        .allSatisfy(
            figure ->
                // Other options of Java may go before.
                assertThat(" " + properties.getProperty(figure.getKey()))
                    .as(figure.getKey())
                    .endsWith(" " + figure.getValue().asText()));
  }

  @Test
  void whatIsNotTheClustersOwnIsAlikeForAll() throws Exception {
    Map<Object, Object> yarn = common("yarn");

    assertThat(yarn).hasSizeGreaterThan(10);
    assertThat(common("standalone")).isEqualTo(yarn);
    assertThat(common("kubernetes")).isEqualTo(yarn);
  }

  @Test
  void aDriverOnAStandaloneClusterHasOpenedWhatSparkNeeds() throws Exception {
    String pom = Files.readString(Path.of("../pom.xml"));
    String options = properties("standalone").getProperty("spark.driver.extraJavaOptions");
    String yarn = properties("yarn").getProperty("spark.driver.extraJavaOptions");

    assertThat(options).endsWith(" " + yarn);
    assertThat(pom).contains(">" + options.replace(" " + yarn, "") + "</spark.jvm.options>");
  }

  private static Map<Object, Object> common(String platform) throws Exception {
    Properties properties = properties(platform);
    properties
        .keySet()
        .removeIf(
            key -> key.toString().matches("spark\\.(yarn|standalone|kubernetes|driver\\.extra).*"));
    return properties;
  }

  private static Properties properties(String platform) throws Exception {
    Properties properties = new Properties();
    try (Reader file =
        Files.newBufferedReader(Path.of("../conf/spark-" + platform + ".properties"))) {
      properties.load(file);
    }
    return properties;
  }
}

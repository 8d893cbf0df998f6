package io.densespark.cluster;

import static io.densespark.cluster.SmallRuns.join;
import static io.densespark.cluster.SmallRuns.succeeds;
import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.storage.ServiceProcess;
import io.densespark.storage.Store;
import io.densespark.storage.StoreServices;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training on YARN with its output in HDFS. Processes are of the sizes of {@code
 * conf/spark-yarn.properties}, and the node manager ends those that take more.
 */
final class YarnIT {

  private static final int CONTAINERS_MEGABYTES = 12288;
  private static final String CLUSTER_MODE = "--deploy-mode=cluster";

  /** Two drivers start after each other. */
  private static final Duration LIMIT = Duration.ofMinutes(6);

  /** Enough that a run is not over before its driver is killed. */
  private static final String[] SETTINGS = {
    "train.epochs=8", "checkpoint.every-steps=5", "data.path=file:" + SmallRuns.SAMPLE
  };

  @TempDir static Path directory;

  private static ServiceProcess yarn;
  private static Store output;
  private static String calm;

  @BeforeAll
  static void startYarnAndTrainInOneProcess() throws Exception {
    yarn = StoreServices.startYarn(directory.resolve("yarn"), CONTAINERS_MEGABYTES);
    Configuration clients = new Configuration();
    clients.addResource(Path.of(yarn.uri(), "core-site.xml").toUri().toURL());
    output = Store.open("/workspace", clients);
    SmallRuns local = new SmallRuns(directory.resolve("local"));
    succeeds(Scripts.run(LIMIT, Map.of(), "densespark", local.local("train", "calm", SETTINGS)));
    calm = local.sha("calm");
  }

  @AfterAll
  static void stopYarn() {
    if (output != null) {
      output.close();
    }
    if (yarn != null) {
      yarn.stop();
    }
  }

  @Test
  void driverInThisProcessTrains() {
    succeeds(Scripts.run(LIMIT, environment(), "submit", onYarn("client")));

    assertThat(sha("client")).isEqualTo(calm);
  }

  @Test
  void applicationMasterThatIsKilledIsFollowedByOneThatGoesOnToTheSameBits() throws Exception {
    Path log = directory.resolve("killed.log");
    Process submit =
        Scripts.start(
            log, environment(), "submit", join(new String[] {CLUSTER_MODE}, onYarn("killed")));
    try {
      SmallRuns.await(() -> epochs("killed") >= 1, submit, log);
      applicationMasters().forEach(ProcessHandle::destroyForcibly);
      assertThat(submit.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
          .as(Files.readString(log))
          .isTrue();
    } finally {
      Scripts.kill(submit);
    }

    assertThat(submit.exitValue()).as(Files.readString(log)).isZero();
    assertThat(sha("killed")).isEqualTo(calm);
    byte[] events = output.read(new RunDirectory(output, "killed").events());
    assertThat(new String(events, StandardCharsets.UTF_8)).contains("\"resumed\"");
  }

  @Test
  void theCodeOfARunComesBackFromTheCluster() {
    ScriptResult result =
        Scripts.run(
            LIMIT,
            environment(),
            "submit",
            join(
                new String[] {CLUSTER_MODE},
                join(onYarn("nowhere"), "--set", "data.path=/nowhere")));

    assertThat(result.exitCode()).as(result.output()).isEqualTo(10);
    assertThat(result.output())
        .contains("there is nothing at data.path = /nowhere")
        .doesNotContain("\tat ");
  }

  private static List<ProcessHandle> applicationMasters() {
    List<ProcessHandle> found =
        ProcessHandle.allProcesses()
            .filter(
                process ->
                    process.info().command().orElse("").endsWith("/java")
                        && process
                            .info()
                            .commandLine()
                            .filter(line -> line.contains(directory.toString()))
                            .filter(line -> line.contains(".ApplicationMaster "))
                            .isPresent())
            .toList();
    assertThat(found).hasSize(1);
    return found;
  }

  private static int epochs(String runId) {
    RunDirectory run = new RunDirectory(output, runId);
    return run.exists() ? run.readStatus().orElseThrow().epochs() : 0;
  }

  private static String sha(String runId) {
    RunStatus status = new RunDirectory(output, runId).readStatus().orElseThrow();
    assertThat(status.state()).isEqualTo(RunStatus.State.SUCCEEDED);
    return status.parametersSha256();
  }

  private static String[] onYarn(String runId) {
    String[] arguments = new SmallRuns(directory).arguments("train", runId, SETTINGS);
    arguments[List.of(arguments).indexOf("--output") + 1] = output.uri();
    return join(arguments, "--master", "yarn");
  }

  private static Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("YARN_CONF_DIR", yarn.uri());
    environment.put("HADOOP_CONF_DIR", yarn.uri());
    environment.put("SPARK_HOME", "");
    // What listens at all listens at the loopback address.
    environment.put("SPARK_LOCAL_IP", "127.0.0.1");
    environment.put(
        "DENSESPARK_SUBMIT_OPTIONS",
        String.join(
            " --conf ",
            "",
            "spark.yarn.appMasterEnv.SPARK_LOCAL_IP=127.0.0.1",
            "spark.executorEnv.SPARK_LOCAL_IP=127.0.0.1",
            // Containers have an environment of their own.
            "spark.yarn.appMasterEnv.JDK_JAVA_OPTIONS=" + Scripts.JAVA_OPTIONS,
            "spark.executorEnv.JDK_JAVA_OPTIONS=" + Scripts.JAVA_OPTIONS,
            "spark.yarn.jars=local:" + System.getProperty("densespark.spark-home") + "/jars/*"));
    return environment;
  }
}

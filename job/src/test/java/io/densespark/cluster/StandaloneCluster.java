package io.densespark.cluster;

import io.densespark.text.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A standalone Spark of processes of its own:
 *
 * <pre>{@code
 * @RegisterExtension
 * static final StandaloneCluster CLUSTER = StandaloneCluster.ofTwoWorkers();
 * }</pre>
 *
 * <p>Costs about 10 s to start, so all classes of this process that ask for it share one. Its state
 * lies in a temporary directory, so it does not meet a cluster that a user has started from the
 * same checkout. However the tests end, all its processes are gone afterwards.
 */
public final class StandaloneCluster implements BeforeAllCallback, AfterAllCallback {
  private static final Duration START_TIMEOUT = Duration.ofMinutes(5);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);

  private static final StandaloneCluster SHARED = new StandaloneCluster(2, Map.of());

  private final int firstWorkers;
  private final int cores;
  private final Map<String, String> environment;
  private Path state;
  private String url;

  /** One of single-core workers. */
  public StandaloneCluster(int firstWorkers, Map<String, String> environment) {
    this(firstWorkers, 1, environment);
  }

  /**
   * One of a test class's own, not started yet.
   *
   * @param firstWorkers workers at the start
   * @param cores of each of them
   * @param environment for all its processes, and for the drivers on it
   */
  public StandaloneCluster(int firstWorkers, int cores, Map<String, String> environment) {
    this.firstWorkers = firstWorkers;
    this.cores = cores;
    this.environment = environment;
  }

  /** The one that all share: two single-core workers, each with a loopback address of its own. */
  public static StandaloneCluster ofTwoWorkers() {
    return SHARED;
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    if (this != SHARED) {
      start();
    } else if (url == null) {
      // JUnit has no scope for it: where classes run in several processes, each is a run of its
      // own.
      Runtime.getRuntime().addShutdownHook(new Thread(() -> script(STOP_TIMEOUT, "stop")));
      start();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    if (this != SHARED) {
      stop();
    }
  }

  /** Starts it and waits until every worker has registered. */
  void start() throws IOException {
    state = Files.createTempDirectory("cluster").toRealPath();
    try {
      url = start(firstWorkers, cores);
    } catch (RuntimeException e) {
      script(STOP_TIMEOUT, "stop");
      throw e;
    }
  }

  /** Lets workers join until there are so many, the new ones with so many cores. */
  public void grow(int workers, int cores) {
    start(workers, cores);
  }

  private String start(int workers, int cores) {
    ScriptResult result =
        script(START_TIMEOUT, "start", "--workers=" + workers, "--cores=" + cores);
    require(result);
    return result.output().lines().reduce("", (earlier, line) -> line);
  }

  /** Ends every process of it. */
  void stop() throws IOException {
    require(script(STOP_TIMEOUT, "stop"));
    if (!processes().isEmpty()) {
      throw new IllegalStateException("scripts/cluster stop left running: " + processes());
    }
    deleteState();
  }

  /** The master's URL, for {@code --master}. */
  public String url() {
    return url;
  }

  /** What {@code scripts/cluster status} says. */
  public ScriptResult status() {
    return script(STOP_TIMEOUT, "status");
  }

  /**
   * Runs {@code scripts/submit} on this cluster: the verb and its arguments, with {@code --master}
   * added.
   *
   * @throws IllegalStateException where it did not end in time
   */
  public ScriptResult submit(Duration timeout, String... arguments) {
    return Scripts.run(timeout, environment(), "submit", withMaster(arguments));
  }

  /** Starts {@code scripts/submit} as {@link #submit} does and returns at once. */
  public Process startSubmit(Path output, String... arguments) throws IOException {
    return Scripts.start(output, environment(), "submit", withMaster(arguments));
  }

  /** The same with more in its environment. */
  Process startSubmit(Path output, Map<String, String> more, String... arguments)
      throws IOException {
    Map<String, String> all = environment();
    all.putAll(more);
    return Scripts.start(output, all, "submit", withMaster(arguments));
  }

  /** Process ids of the executors that are alive now. */
  public List<Long> executorPids() {
    return pidsWith("org.apache.spark.executor.CoarseGrainedExecutorBackend");
  }

  /** Process ids of the drivers that run on workers now. */
  public List<Long> driverPids() {
    return pidsWith("org.apache.spark.deploy.worker.DriverWrapper");
  }

  /** Process ids of the workers that are alive now. */
  public List<Long> workerPids() {
    return pidsWith("org.apache.spark.deploy.worker.Worker");
  }

  /** Command lines of this cluster's living processes by id: master, workers and executors. */
  Map<Long, String> processes() {
    Map<Long, String> found = new HashMap<>();
    String mark = state.resolve("cluster/conf") + "/";
    ProcessHandle.allProcesses()
        .forEach(
            process ->
                process
                    .info()
                    .commandLine()
                    .filter(line -> line.contains("-cp " + mark))
                    .ifPresent(line -> found.put(process.pid(), line)));
    return found;
  }

  private List<Long> pidsWith(String mainClass) {
    return processes().entrySet().stream()
        .filter(process -> process.getValue().contains(mainClass))
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  private ScriptResult script(Duration timeout, String... arguments) {
    return Scripts.run(timeout, environment(), "cluster", arguments);
  }

  private Map<String, String> environment() {
    Map<String, String> all = new HashMap<>(environment);
    // The addresses of the processes are the scripts' to choose, not the test run's.
    all.putAll(
        Map.of("DENSESPARK_STATE", state.toString(), "SPARK_HOME", "", "SPARK_LOCAL_IP", ""));
    return all;
  }

  private String[] withMaster(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--master", url));
    return all.toArray(String[]::new);
  }

  private static void require(ScriptResult result) {
    if (result.exitCode() != 0) {
      throw new IllegalStateException(
          Text.format("scripts/cluster ended with %d:%n%s", result.exitCode(), result.output()));
    }
  }

  private void deleteState() throws IOException {
    try (var files = Files.walk(state)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
  }
}

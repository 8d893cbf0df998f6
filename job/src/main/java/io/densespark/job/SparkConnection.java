package io.densespark.job;

import io.densespark.config.RunConfig;
import io.densespark.devices.GpuSettings;
import io.densespark.settings.Secrets;
import io.densespark.storage.LocalFiles;
import io.densespark.sync.SyncException;
import io.densespark.sync.master.Preflight;
import io.densespark.text.Text;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext$;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A Spark context set up for replicas, and what it offers.
 *
 * <p>A process has one context at a time. A connection that is opened while another one is open
 * shares its context, which ends with the one opened first: a verb made of several jobs holds it
 * open, as an application on YARN may not start a second one.
 */
public final class SparkConnection implements AutoCloseable {

  private static final String UNANSWERED = "does not answer, or has turned this application down";

  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

  private static JavaSparkContext shared;

  private final JavaSparkContext context;
  private final boolean owner;

  private SparkConnection(JavaSparkContext context, boolean owner) {
    this.context = context;
    this.owner = owner;
  }

  /** Connects to the master that the settings name, or that {@code spark-submit} has set. */
  public static synchronized SparkConnection open(RunConfig config) {
    if (shared != null) {
      return new SparkConnection(shared, false);
    }
    require(config);
    JavaSparkContext context = create(SparkSettings.given(config), config.sync().timeout());
    LocalFiles.keepMask(context.hadoopConfiguration());
    try {
      awaitExecutor(context);
    } catch (RuntimeException e) {
      stop(context);
      throw e;
    }
    shared = context;
    return new SparkConnection(shared, true);
  }

  /** To an application that somebody else began, and ends. */
  public static SparkConnection to(JavaSparkContext context) {
    return new SparkConnection(context, false);
  }

  /**
   * Checks what can be known before a connection, so that nothing need be begun.
   *
   * @throws JobException where this JVM's heap, or that of the executors, is too small for Spark
   * @throws SyncException where Spark's settings do not give each slot a GPU, or none
   */
  public static void require(RunConfig config) {
    Memory.requireHeap();
    Memory.requireExecutorHeap(SparkSettings.given(config));
    Preflight.requireGpus(SparkSettings.given(config), config.engine().needsDevice());
  }

  /**
   * Starts Spark. What it says of a master's URL is a matter of settings; what else keeps it from
   * starting, one of its many settings or the machine, is in its own words.
   */
  static JavaSparkContext create(SparkConf conf, Duration timeout) {
    try {
      SparkSettings.complete(conf, timeout);
      return new JavaSparkContext(conf);
    } catch (JobException e) {
      throw e;
    } catch (Exception e) {
      // A checked exception of Spark's passes here undeclared.
      if (String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("master url")) {
        throw JobException.usage(
            Text.format(
                "run.master, or --master, is %s: use local[*], spark://HOST:7077, yarn or"
                    + " k8s://https://HOST:PORT",
                conf.get("spark.master")));
      }
      if (e instanceof NullPointerException
          || String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("stopped")) {
        // A master that does not answer while the context is being made has Spark stop it halfway.
        throw noExecutor(conf, UNANSWERED, null);
      }
      throw new JobException(
          ExitCode.PREFLIGHT,
          Text.format(
              "Spark does not start: %s. Correct what spark.conf, or spark-submit, sets",
              FailureText.line(e).replaceFirst("\\.$", "")),
          e);
    }
  }

  /**
   * Waits until the cluster has given an executor, as long as a barrier stage would wait for its
   * slots: Spark itself waits for ever.
   */
  private static void awaitExecutor(JavaSparkContext context) {
    if (!context.isLocal()) {
      SparkConf conf = context.getConf();
      awaitTask(
          context,
          Duration.ofSeconds(conf.getTimeAsSeconds(SparkSettings.SLOT_CHECK + "interval"))
              .multipliedBy(Integer.parseInt(conf.get(SparkSettings.SLOT_CHECK + "maxFailures"))));
    }
  }

  static void awaitTask(JavaSparkContext context, Duration limit) {
    long began = System.nanoTime();
    try {
      // Not the list of executors: dynamic allocation asks for them when there is a task.
      JavaFutureAction<Long> job = context.parallelize(List.of(1), 1).countAsync();
      while (!job.isDone() && !context.sc().isStopped()) {
        if (System.nanoTime() - began > limit.toNanos()) {
          job.cancel(true);
          throw noExecutor(
              context.getConf(), "gave no executor in " + limit.toSeconds() + " s", null);
        }
        pause(100);
      }
      job.get(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw interrupted(e);
    } catch (TimeoutException
        | ExecutionException
        | IllegalStateException
        | NullPointerException e) {
      // A context that its master has turned down, or cannot be reached by, is stopped by Spark;
      // what its tasks say of that adds nothing.
      throw context.sc().isStopped()
          ? noExecutor(context.getConf(), UNANSWERED, null)
          : noExecutor(context.getConf(), "ran no task (" + e.getMessage() + ")", e);
    }
  }

  private static IllegalStateException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("stopped while waiting for executors", e);
  }

  private static JobException noExecutor(SparkConf conf, String what, Exception cause) {
    return new JobException(
        ExitCode.PREFLIGHT,
        Text.format(
            "%s %s. An executor asks for spark.executor.memory=%s, spark.executor.cores=%s: is a"
                + " worker up that has as much free, and does its master accept this application"
                + " (address, spark.authenticate.secret)? To wait longer, set"
                + " spark.conf.\"%smaxFailures\"%s",
            conf.get("spark.master"),
            what,
            conf.get("spark.executor.memory", "1g"),
            conf.get("spark.executor.cores", "all of a worker"),
            SparkSettings.SLOT_CHECK,
            GpuSettings.hint(conf)),
        cause);
  }

  public JavaSparkContext context() {
    return context;
  }

  /** Tasks that can run at once. On a cluster, waits until its executors have come. */
  public int slots() {
    if (!context.isLocal()) {
      // One executor is there; the others register within moments.
      int seen = 0;
      for (int stable = 0; stable < 4; ) {
        int now = Preflight.slots(context);
        stable = now == seen ? stable + 1 : 0;
        seen = now;
        pause(500);
      }
    }
    return Math.max(1, Preflight.slots(context));
  }

  /** Spark's settings, secrets hidden. */
  public Map<String, String> settings() {
    Map<String, String> settings = new TreeMap<>();
    Arrays.stream(context.getConf().getAll())
        .forEach(entry -> settings.put(entry._1(), entry._2()));
    return Secrets.redact(settings);
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  @Override
  public void close() {
    if (owner) {
      forget();
      stop(context);
    }
  }

  /**
   * Ends a context. One that its master has turned down is ended by a thread of Spark's, which
   * {@code stop} does not wait for: until that is done, no other context can be made.
   */
  static void stop(JavaSparkContext context) {
    context.stop();
    long began = System.nanoTime();
    while (SparkContext$.MODULE$.getActive().contains(context.sc())
        && System.nanoTime() - began < STOP_LIMIT.toNanos()) {
      pause(20);
    }
  }

  private static synchronized void forget() {
    shared = null;
  }
}

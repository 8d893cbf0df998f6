package io.densespark.sync;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import org.nd4j.linalg.dataset.DataSet;
import scala.reflect.ClassTag$;

/**
 * The barrier job of an epoch, which is run again when a replica was lost: Spark itself repeats a
 * barrier stage only if it ends in a shuffle.
 */
final class EpochJob {

  private static final int ATTEMPTS = 4;

  /** Names that Spark and the collective give to the loss of a replica. */
  private static final List<String> LOSSES =
      List.of(
          "ExecutorLostFailure",
          "heartbeat timed out",
          "PeerLostException",
          "CollectiveAbortedException",
          "CollectiveTimeoutException",
          "FetchFailed");

  private static final String WANT_OF_SLOTS = "requires more slots";

  private static final Duration EXECUTOR_START = Duration.ofMinutes(1);

  /** What deserialising a task of another version of the job ends in. */
  private static final Pattern OTHER_CLASSES =
      Pattern.compile(
          "(InvalidClassException|ClassNotFoundException|NoClassDefFoundError|NoSuchMethodError): \\S*io[./]densespark");

  private final JavaRDD<DataSet> data;
  private final EpochWork work;
  private final Broadcast<byte[]> state;
  private final DriverMeeting meeting;
  private final StepObserver observer;

  private final String tag = "densespark-" + UUID.randomUUID();
  private final AtomicBoolean abandoned = new AtomicBoolean();

  /**
   * @param data one shard for each replica
   * @param state what every replica starts from
   * @param meeting of this job
   * @param observer told of recoveries
   */
  EpochJob(
      JavaRDD<DataSet> data,
      EpochWork work,
      Broadcast<byte[]> state,
      DriverMeeting meeting,
      StepObserver observer) {
    this.data = data;
    this.work = work;
    this.state = state;
    this.meeting = meeting;
    this.observer = observer;
  }

  /**
   * Runs the job until all replicas have finished the epoch.
   *
   * @param executorsAreKnown whether the first attempt finds executors that have run the job before
   * @return by rank
   * @throws SyncException if it cannot be finished
   */
  List<RankResult> run(boolean executorsAreKnown) {
    SparkContext context = data.context();
    Duration patience = work.timeout();
    // Where an executor is new to the run, it is started first, and fetches the job's jar.
    Duration patienceWithNew =
        patience
            .plusSeconds(2 * context.getConf().getTimeAsSeconds("spark.network.timeout", "120s"))
            .plus(EXECUTOR_START);
    context.addJobTag(tag);
    SyncException lost = null;
    try {
      for (int attempt = 1; ; attempt++) {
        boolean first = attempt == 1;
        meeting.expect(
            attempt,
            first && executorsAreKnown ? patience : patienceWithNew,
            first ? () -> {} : this::abandon);
        try {
          return attempt(new EpochTask(work.attempt(attempt), state));
        } catch (SyncException e) {
          if (lost != null && (abandoned.get() || e.getMessage().contains(WANT_OF_SLOTS))) {
            throw notReplaced(lost, patienceWithNew, e);
          }
          if (attempt == ATTEMPTS || LOSSES.stream().noneMatch(e.getMessage()::contains)) {
            throw e;
          }
          lost = e;
          observer.onRecovery(attempt + 1, e.getMessage());
        }
      }
    } finally {
      context.removeJobTag(tag);
    }
  }

  /** A stage that has lost its slots waits for others without end, unless it is cancelled. */
  private void abandon() {
    abandoned.set(true);
    data.context().cancelJobsWithTag(tag);
  }

  private List<RankResult> attempt(EpochTask task) {
    try {
      RDD<byte[]> results =
          data.rdd().barrier().mapPartitions(task, false, ClassTag$.MODULE$.apply(byte[].class));
      return results.toJavaRDD().collect().stream()
          .map(bytes -> JavaBytes.read(bytes, RankResult.class))
          .toList();
    } catch (Exception e) {
      // Spark throws checked exceptions that the compiler does not see.
      if (e instanceof SparkException || e.getCause() instanceof SparkException) {
        throw failure(e);
      }
      throw e;
    }
  }

  private static SyncException failure(Exception e) {
    String message = String.valueOf(e.getMessage());
    if (OTHER_CLASSES.matcher(message).find()) {
      return new SyncException(
          SyncException.Reason.PREFLIGHT,
          "an executor has another version of the job's classes: remove other versions of its jar from the executors' class path (spark.executor.extraClassPath, Spark's jars)",
          e);
    }
    boolean late = message.contains("CollectiveTimeoutException");
    return new SyncException(
        late ? SyncException.Reason.TIMED_OUT : SyncException.Reason.FAILED,
        "the replicas could not finish the epoch: " + message,
        e);
  }

  private static SyncException notReplaced(
      SyncException lost, Duration waited, SyncException cause) {
    return new SyncException(
        SyncException.Reason.TIMED_OUT,
        "a replica was lost, and within %d s no executor came to take its place: start the job again when there is one, it goes on from its newest checkpoint. What was lost: %s"
            .formatted(waited.toSeconds(), lost.getMessage()),
        cause);
  }
}

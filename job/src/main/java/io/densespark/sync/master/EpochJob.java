package io.densespark.sync.master;

import io.densespark.devices.GpuSettings;
import io.densespark.sync.StepObserver;
import io.densespark.sync.SyncException;
import io.densespark.sync.endpoint.DriverEndpoint;
import io.densespark.sync.endpoint.JavaBytes;
import io.densespark.sync.endpoint.SlotMessage.Failed;
import io.densespark.sync.endpoint.StateAssembly;
import io.densespark.sync.rank.EpochWork;
import io.densespark.sync.slot.EpochTask;
import io.densespark.sync.slot.ShardBlocks;
import io.densespark.sync.slot.SlotResult;
import io.densespark.text.Text;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import org.apache.spark.scheduler.BarrierJobSlotsNumberCheckFailed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.reflect.ClassTag$;

/**
 * The barrier job of an epoch: one task for each slot. It is run again, on the slots that there are
 * then, when a slot was lost: Spark itself repeats a barrier stage only if it ends in a shuffle.
 */
final class EpochJob {

  private static final Logger LOG = LoggerFactory.getLogger(EpochJob.class);

  /** Attempts in a row that do not bring the epoch a step forward. */
  private static final int MOST_VAIN_ATTEMPTS = 4;

  /** Names that Spark gives to the loss of an executor, which cannot tell it itself. */
  private static final List<String> LOST_EXECUTORS =
      List.of("ExecutorLostFailure", "heartbeat timed out", "FetchFailed", "Executor lost");

  private static final Duration EXECUTOR_START = Duration.ofMinutes(1);

  /** Executors of a cluster come one after another. */
  private static final Duration QUIET_BEFORE_START = Duration.ofSeconds(5);

  /** What deserialising a task of another version of the job ends in. */
  private static final Pattern OTHER_CLASSES =
      Pattern.compile(
          "(InvalidClassException|ClassNotFoundException|NoClassDefFoundError|NoSuchMethodError):"
              + " \\S*io[./]densespark");

  private final JavaSparkContext spark;
  private final int minSlots;
  private final ShardBlocks shards;
  private final EpochWork work;
  private final StateAssembly states;
  private final DriverEndpoint driver;
  private final IntSupplier stepsDone;
  private final StepObserver observer;

  private final String tag = "densespark-" + UUID.randomUUID();
  private final AtomicBoolean abandoned = new AtomicBoolean();

  /**
   * @param minSlots fewest slots on which to go on
   * @param states what attempts begin with, unless a slot has something newer
   * @param driver its endpoint of this job
   * @param stepsDone steps that the driver has heard of
   * @param observer told of recoveries
   */
  EpochJob(
      JavaSparkContext spark,
      int minSlots,
      ShardBlocks shards,
      EpochWork work,
      StateAssembly states,
      DriverEndpoint driver,
      IntSupplier stepsDone,
      StepObserver observer) {
    this.spark = spark;
    this.minSlots = minSlots;
    this.shards = shards;
    this.work = work;
    this.states = states;
    this.driver = driver;
    this.stepsDone = stepsDone;
    this.observer = observer;
  }

  /**
   * Runs the job until all ranks have finished the epoch.
   *
   * @param executorsAreKnown whether the first attempt finds executors that have run the job before
   * @return by slot
   * @throws SyncException if it cannot be finished
   */
  List<SlotResult> run(boolean executorsAreKnown) {
    SparkContext context = spark.sc();
    Duration timeout = work.timeout();
    // Where an executor is new to the run, it is started first, and fetches the job's jar.
    Duration timeoutWithNew =
        timeout
            .plusSeconds(2 * context.getConf().getTimeAsSeconds("spark.network.timeout", "120s"))
            .plus(EXECUTOR_START);
    context.addJobTag(tag);
    SyncException lost = null;
    int vainAttempts = 0;
    try {
      for (int attempt = 1; ; attempt++) {
        boolean first = attempt == 1;
        Duration quiet = first && !executorsAreKnown ? QUIET_BEFORE_START : Duration.ZERO;
        int slots = slots(lost, first && !executorsAreKnown, quiet, timeoutWithNew);
        abandoned.set(false);
        driver.expect(
            attempt,
            slots,
            first && executorsAreKnown ? timeout : timeoutWithNew,
            first && !executorsAreKnown ? () -> {} : this::abandon);
        int before = stepsDone.getAsInt();
        try {
          shards.restore();
          return attempt(slots, attempt);
        } catch (SyncException e) {
          vainAttempts = stepsDone.getAsInt() > before ? 1 : vainAttempts + 1;
          if (vainAttempts == MOST_VAIN_ATTEMPTS || !mayBeRepeated(e)) {
            throw e;
          }
          dismissTheSilent();
          lost = e;
          observer.onRecovery(attempt + 1, e.getMessage());
        }
      }
    } finally {
      context.removeJobTag(tag);
    }
  }

  /** As many slots as there are now, up to one for each rank. */
  private int slots(SyncException lost, boolean atTheStart, Duration quiet, Duration timeout) {
    int least = Math.min(minSlots, work.worldSize());
    int slots = Preflight.awaitSlots(spark, least, work.worldSize(), quiet, timeout);
    if (slots >= least) {
      return Math.min(work.worldSize(), slots);
    }
    if (atTheStart) {
      throw SyncException.refused(
          Text.format(
              "%s offers %d slots, sync.min-slots = %d: lower it, or give the application cores"
                  + " (workers, spark.cores.max, spark.executor.cores, spark.executor.instances; a"
                  + " slot is spark.task.cpus = %s cores)%s",
              spark.master(),
              slots,
              minSlots,
              spark.getConf().get("spark.task.cpus", "1"),
              GpuSettings.hint(spark.getConf())));
    }
    throw new SyncException(
        SyncException.Reason.TIMED_OUT,
        Text.format(
            "executors were lost, %d slots are left, sync.min-slots = %d, and within %d s no others"
                + " came: start the job again when there are more, it goes on from its newest"
                + " checkpoint%s",
            slots,
            minSlots,
            timeout.toSeconds(),
            lost == null ? "" : ". What was lost: " + lost.getMessage()),
        lost);
  }

  /** A stage that has lost its slots waits for others without end, unless it is cancelled. */
  private void abandon() {
    abandoned.set(true);
    spark.sc().cancelJobsWithTag(tag);
  }

  private boolean mayBeRepeated(SyncException failure) {
    Collection<Failed> told = driver.failures();
    if (!told.stream().allMatch(one -> one.kind().mayBeRepeated())) {
      return false;
    }
    return !told.isEmpty()
        || abandoned.get()
        || isWantOfSlots(failure.getCause())
        || isLoss(failure.getMessage());
  }

  /** Whether Spark has looked for as many slots as there were a moment before, in vain. */
  static boolean isWantOfSlots(Throwable sparks) {
    return sparks instanceof BarrierJobSlotsNumberCheckFailed;
  }

  private static boolean isLoss(String sparksText) {
    return LOST_EXECUTORS.stream().anyMatch(sparksText::contains);
  }

  /**
   * Spark counts an executor that is silent, but not dead, among its own until its heartbeats have
   * failed for long: it would be given the ranks again.
   */
  private void dismissTheSilent() {
    for (String executor : driver.silentExecutors()) {
      LOG.warn("executor {} is silent and is replaced", executor);
      spark.sc().killAndReplaceExecutor(executor);
    }
  }

  private List<SlotResult> attempt(int slots, int attempt) {
    Broadcast<byte[]> start = spark.broadcast(JavaBytes.of(states.newest()));
    try {
      EpochTask task = new EpochTask(work, attempt, start);
      List<Integer> tasks = IntStream.range(0, slots).boxed().toList();
      RDD<byte[]> results =
          spark
              .parallelize(tasks, slots)
              .rdd()
              .barrier()
              .mapPartitions(task, false, ClassTag$.MODULE$.apply(byte[].class));
      return results.toJavaRDD().collect().stream()
          .map(bytes -> JavaBytes.read(bytes, SlotResult.class))
          .sorted(Comparator.comparingInt(SlotResult::slot))
          .toList();
    } catch (Exception e) {
      // Spark throws checked exceptions that the compiler does not see.
      if (e instanceof SparkException || e.getCause() instanceof SparkException) {
        throw failure(e);
      }
      throw e;
    } finally {
      start.destroy();
    }
  }

  private SyncException failure(Exception e) {
    String message = String.valueOf(e.getMessage());
    if (OTHER_CLASSES.matcher(message).find()) {
      return new SyncException(
          SyncException.Reason.PREFLIGHT,
          "an executor has another version of the job's classes: remove other versions of its jar"
              + " from the executors' class path (spark.executor.extraClassPath, Spark's jars)",
          e);
    }
    Optional<Failed> told = driver.failures().stream().max(Comparator.comparing(Failed::kind));
    SyncException.Reason reason =
        told.filter(one -> one.kind() == Failed.Kind.TIMEOUT).isPresent()
            ? SyncException.Reason.TIMED_OUT
            : SyncException.Reason.FAILED;
    String lost = message.lines().filter(EpochJob::isLoss).findFirst().orElse(message);
    return new SyncException(reason, told.map(Failed::describe).orElse(lost), e);
  }
}

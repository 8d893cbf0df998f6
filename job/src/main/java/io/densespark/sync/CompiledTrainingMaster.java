package io.densespark.sync;

import io.densespark.data.DataConfig;
import io.densespark.engine.EngineConfig;
import io.densespark.engine.EngineUnavailableException;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.PlanSummary;
import io.densespark.engine.UnsupportedGraphException;
import io.densespark.sync.collective.RunSecret;
import io.densespark.sync.collective.ThresholdState;
import io.densespark.train.DivergedException;
import io.densespark.train.ModelState;
import io.densespark.train.StepCounts;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.dataset.DataSet;
import scala.reflect.ClassTag$;

/**
 * A dl4j-spark training master whose replicas run compiled plans and stay together by {@code
 * gradient-sharing} or {@code parameter-averaging}:
 *
 * <pre>{@code
 * var master = CompiledTrainingMaster.builder(256).seed(1).build();
 * new SparkComputationGraph(sc, graph, master).fit(rdd);
 * }</pre>
 *
 * <p>One call of {@code fit} is one epoch over the RDD and one barrier job. A partition is a shard:
 * a replica trains it in local batches, in an order that depends on seed, epoch and rank alone. The
 * DataSets of a partition may be of any size; their images are float32 in 0..1 or unsigned bytes.
 */
public final class CompiledTrainingMaster extends TrainingMasterBase {

  private static final int ATTEMPTS = 4;

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

  private final String run = UUID.randomUUID().toString();
  private final RunSecret secret = RunSecret.random();
  private final Builder settings;

  private long[] imageShape;
  private List<StepMetrics> lastSteps = List.of();
  private PlanSummary lastPlan;
  private List<ThresholdState> residuals = List.of();
  private List<StepMetrics> stepsOfEpochBegun = List.of();
  private boolean hasMet;

  private CompiledTrainingMaster(Builder settings) {
    this.settings = settings;
  }

  /**
   * Starts the settings of a master.
   *
   * @param globalBatch examples of one step over all replicas
   */
  public static Builder builder(int globalBatch) {
    return new Builder(globalBatch);
  }

  /** Settings of a master; each has a default but the global batch. */
  public static final class Builder {
    private final int globalBatch;
    private SyncConfig sync = SyncConfig.defaults();
    private EngineConfig engine = EngineConfig.defaults();
    private DataConfig.AugmentConfig augment = new DataConfig.AugmentConfig(false, 0);
    private double labelSmoothing;
    private long seed;
    private int threads = 1;
    private StepObserver observer = step -> {};
    private SnapshotPolicy policy = SnapshotPolicy.NEVER;
    private SnapshotKeeper keeper;

    private Builder(int globalBatch) {
      this.globalBatch = globalBatch;
    }

    /** How replicas stay together. Default: {@link SyncConfig#defaults()}. */
    public Builder sync(SyncConfig sync) {
      this.sync = sync;
      return this;
    }

    /** What computes. Default: the fastest engine that can. */
    public Builder engine(EngineConfig engine) {
      this.engine = engine;
      return this;
    }

    /** Random changes to images. Default: none. */
    public Builder augment(DataConfig.AugmentConfig augment) {
      this.augment = augment;
      return this;
    }

    /** Share of each label spread over all classes. Default: 0. */
    public Builder labelSmoothing(double labelSmoothing) {
      this.labelSmoothing = labelSmoothing;
      return this;
    }

    /** Seed of order, augmentation and dropout. Default: 0. */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    /** Native threads of each replica. Default: 1, which stands a busy machine best. */
    public Builder threads(int threads) {
      this.threads = threads;
      return this;
    }

    /** Told of every step while it runs. Default: nobody. */
    public Builder observer(StepObserver observer) {
      this.observer = observer;
      return this;
    }

    /** What is told the state of the replicas within an epoch, and when. Default: nobody. */
    public Builder snapshots(SnapshotPolicy policy, SnapshotKeeper keeper) {
      this.policy = policy;
      this.keeper = keeper;
      return this;
    }

    /** The master. */
    public CompiledTrainingMaster build() {
      return new CompiledTrainingMaster(this);
    }
  }

  /** Metrics of the steps of the last epoch, those before a snapshot it went on from included. */
  public List<StepMetrics> lastSteps() {
    return lastSteps;
  }

  /**
   * By rank, what the threshold format has not sent yet: part of the state of a run. Empty for
   * formats that send everything.
   */
  public List<ThresholdState> residuals() {
    return residuals;
  }

  /**
   * Goes on from a snapshot of a run with the same settings and world size: the next {@code fit} of
   * this graph does the rest of the epoch.
   */
  public void resume(Snapshot snapshot, ComputationGraph graph) {
    snapshot.model().restoreTo(graph);
    residuals = snapshot.residuals();
    stepsOfEpochBegun = snapshot.steps();
  }

  /** What the plan of rank 0 ran on in the last {@code fit}; null before. */
  public PlanSummary lastPlan() {
    return lastPlan;
  }

  @Override
  @SuppressWarnings("try") // snapshots are only to be received
  void trainEpoch(JavaSparkContext spark, ComputationGraph graph, JavaRDD<DataSet> given) {
    int worldSize = settings.sync.replicas().orElse(given.getNumPartitions());
    JavaRDD<DataSet> data =
        given.getNumPartitions() == worldSize ? given : given.repartition(worldSize);
    Preflight.requireSettings(spark);
    if (!hasMet) {
      Preflight.requireSlots(spark, worldSize, settings.sync.timeout());
    }
    PlanConfig plan = plan(data, worldSize);
    String job = run + "/" + graph.getEpochCount() + "/" + UUID.randomUUID();
    EpochWork work =
        new EpochWork(
            run,
            job,
            1,
            timelessJson(graph),
            plan,
            settings.sync.mode(),
            settings.sync.averagingFrequency(),
            settings.sync.averagingWarmupSteps(),
            settings.sync.wireFormat(),
            settings.sync.timeout(),
            graph.getEpochCount(),
            settings.seed,
            settings.augment,
            settings.labelSmoothing,
            settings.policy,
            settings.policy.isNever() ? Duration.ZERO : settings.keeper.sinceKept(),
            secret.encoded(),
            spark.isLocal(),
            BuildIdentity.here());
    Broadcast<Snapshot> state = spark.broadcast(start(graph));
    int snapshotParts = work.keepsResiduals() ? worldSize : 1;
    try (SnapshotDesk snapshots = SnapshotDesk.open(secret, job, snapshotParts, settings.keeper);
        ProgressDesk progress =
            ProgressDesk.open(secret, job, settings.observer, graph.getIterationCount());
        DriverMeeting meeting =
            DriverMeeting.open(secret, job, worldSize, settings.sync.timeout())) {
      take(runUntilWhole(data, work, meeting, state), graph, progress);
      hasMet = true;
    } finally {
      state.destroy();
    }
  }

  private Snapshot start(ComputationGraph graph) {
    ModelState model = ModelState.of(graph).within(stepsOfEpochBegun.size());
    return new Snapshot(model, residuals, stepsOfEpochBegun);
  }

  /**
   * Runs the job, and again when a replica was lost. Spark itself repeats a barrier stage only if
   * it ends in a shuffle.
   */
  private List<RankResult> runUntilWhole(
      JavaRDD<DataSet> data, EpochWork work, DriverMeeting meeting, Broadcast<Snapshot> state) {
    SparkContext context = data.context();
    Duration patience = settings.sync.timeout();
    // Where an executor is new to the run, it is started first, and fetches the job's jar.
    Duration patienceWithNew =
        patience
            .plusSeconds(2 * context.getConf().getTimeAsSeconds("spark.network.timeout", "120s"))
            .plus(EXECUTOR_START);
    String tag = "densespark-" + UUID.randomUUID();
    context.addJobTag(tag);
    SyncException lost = null;
    AtomicBoolean abandoned = new AtomicBoolean();
    // A stage that has lost its slots waits for others without end, unless it is cancelled.
    Runnable abandon =
        () -> {
          abandoned.set(true);
          context.cancelJobsWithTag(tag);
        };
    try {
      for (int attempt = 1; ; attempt++) {
        Runnable onAbandoned = attempt == 1 ? () -> {} : abandon;
        meeting.expect(attempt, hasMet && attempt == 1 ? patience : patienceWithNew, onAbandoned);
        try {
          return run(data, new EpochTask(work.attempt(attempt), state));
        } catch (SyncException e) {
          if (lost != null && (abandoned.get() || e.getMessage().contains(WANT_OF_SLOTS))) {
            throw notReplaced(lost, patienceWithNew, e);
          }
          if (attempt == ATTEMPTS || !isLoss(e.getMessage())) {
            throw e;
          }
          lost = e;
          settings.observer.onRecovery(attempt + 1, e.getMessage());
        }
      }
    } finally {
      context.removeJobTag(tag);
    }
  }

  private static SyncException notReplaced(
      SyncException lost, Duration waited, SyncException cause) {
    return new SyncException(
        SyncException.Reason.TIMED_OUT,
        "a replica was lost, and within %d s no executor came to take its place: start the job again when there is one, it goes on after its last epoch. What was lost: %s"
            .formatted(waited.toSeconds(), lost.getMessage()),
        cause);
  }

  /** Whether a failure is the loss of a replica, by the names Spark and the collective give it. */
  private static boolean isLoss(String failure) {
    return LOSSES.stream().anyMatch(failure::contains);
  }

  /** DL4J's JSON counts steps and epochs; replicas of one run are the same whatever the time. */
  private static String timelessJson(ComputationGraph graph) {
    ComputationGraphConfiguration configuration = graph.getConfiguration().clone();
    configuration.setIterationCount(0);
    configuration.setEpochCount(0);
    return configuration.toJson();
  }

  private static List<RankResult> run(JavaRDD<DataSet> data, EpochTask task) {
    try {
      RDD<RankResult> results =
          data.rdd()
              .barrier()
              .mapPartitions(task, false, ClassTag$.MODULE$.apply(RankResult.class));
      return results.toJavaRDD().collect();
    } catch (Exception e) {
      if (e instanceof SparkException || e.getCause() instanceof SparkException) {
        if (OTHER_CLASSES.matcher(String.valueOf(e.getMessage())).find()) {
          throw new SyncException(
              SyncException.Reason.PREFLIGHT,
              "an executor has another version of the job's classes: remove other versions of its jar from the executors' class path (spark.executor.extraClassPath, Spark's jars)",
              e);
        }
        boolean late = String.valueOf(e.getMessage()).contains("CollectiveTimeoutException");
        throw new SyncException(
            late ? SyncException.Reason.TIMED_OUT : SyncException.Reason.FAILED,
            "the replicas could not finish the epoch: " + e.getMessage(),
            e);
      }
      throw e;
    }
  }

  private void take(List<RankResult> results, ComputationGraph graph, ProgressDesk progress) {
    for (RankResult result : results) {
      if (result.failure() != null) {
        String message = result.failure().message();
        switch (result.failure().kind()) {
          case DIVERGED -> throw new DivergedException(message);
          case UNSUPPORTED_GRAPH -> throw new UnsupportedGraphException(message);
          case ENGINE_UNAVAILABLE -> throw new EngineUnavailableException(message, null);
          case WRONG_EXECUTOR -> throw Preflight.refused(message);
        }
      }
    }
    RankResult first = results.get(0);
    lastSteps = first.steps();
    stepsOfEpochBegun = List.of();
    lastPlan = first.plan();
    progress.finish(lastSteps);
    first.state().restoreTo(graph);
    residuals = results.stream().map(RankResult::residual).filter(Objects::nonNull).toList();
  }

  private PlanConfig plan(JavaRDD<DataSet> data, int worldSize) {
    if (imageShape == null) {
      imageShape = data.first().getFeatures().shape();
      if (imageShape.length != 4) {
        throw new IllegalArgumentException(
            "features must be [n, channels, height, width], found %d dimensions"
                .formatted(imageShape.length));
      }
    }
    return new PlanConfig(
        StepCounts.localBatch(settings.globalBatch, worldSize),
        settings.threads,
        PlanConfig.Purpose.TRAINING,
        (int) imageShape[1],
        (int) imageShape[2],
        (int) imageShape[3],
        settings.engine);
  }
}

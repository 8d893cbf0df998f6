package io.densespark.sync.master;

import io.densespark.engine.PlanConfig;
import io.densespark.engine.PlanSummary;
import io.densespark.sync.endpoint.DriverEndpoint;
import io.densespark.sync.endpoint.JobIdentity;
import io.densespark.sync.endpoint.LeavingExecutors;
import io.densespark.sync.endpoint.StateAssembly;
import io.densespark.sync.endpoint.ToldSteps;
import io.densespark.sync.links.RunSecret;
import io.densespark.sync.rank.BuildIdentity;
import io.densespark.sync.rank.EpochWork;
import io.densespark.sync.slot.ExecutorRun;
import io.densespark.sync.slot.ShardBlocks;
import io.densespark.sync.slot.SlotResult;
import io.densespark.train.RankState;
import io.densespark.train.StepCounts;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.dataset.DataSet;

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
 * The RDD is computed once for a call. What a lost executor held of it is computed again, and
 * refused where it is something else then: an RDD whose source is random is to be checkpointed
 * before.
 */
public final class CompiledTrainingMaster extends TrainingMasterBase implements AutoCloseable {

  /** Runs of this process that have begun and have not been closed. */
  private static final Set<String> OPEN_RUNS = ConcurrentHashMap.newKeySet();

  private final String run = UUID.randomUUID().toString();
  private final RunSecret secret = RunSecret.random();
  private final TrainingMasterBuilder settings;

  private List<StepMetrics> lastSteps = List.of();
  private PlanSummary lastPlan;
  private Map<String, Double> lastTrustRatios = Map.of();
  private float[] ema = {};
  private List<RankState> rankStates = List.of();
  private List<StepMetrics> stepsOfEpochBegun = List.of();
  private LeavingExecutors leaving;
  private SparkContext context;
  private boolean hasMet;

  CompiledTrainingMaster(TrainingMasterBuilder settings) {
    this.settings = settings;
  }

  /**
   * Starts the settings of a master.
   *
   * @param globalBatch examples of one step over all replicas
   */
  public static TrainingMasterBuilder builder(int globalBatch) {
    return new TrainingMasterBuilder(globalBatch);
  }

  /** Metrics of the steps of the last epoch, those before a state it went on from included. */
  public List<StepMetrics> lastSteps() {
    return lastSteps;
  }

  /**
   * By layer, what the last update of rank 0 was scaled by in LARS or LAMB; empty for other rules
   * and before the first step.
   */
  public Map<String, Double> lastTrustRatios() {
    return lastTrustRatios;
  }

  /** The moving average of the parameters; empty where none is kept, and before the first step. */
  public float[] ema() {
    return ema;
  }

  /**
   * By rank, what it has of its own: part of the state of a run. What the threshold format has not
   * sent yet, or the updater state where it is not averaged; otherwise empty.
   */
  public List<RankState> rankStates() {
    return rankStates;
  }

  /**
   * Goes on from a state of a run with the same settings and world size: the next {@code fit} of
   * this graph does the rest of the epoch.
   */
  public void resume(TrainingState state, ComputationGraph graph) {
    state.restoreTo(graph);
    ema = state.ema();
    rankStates = state.rankStates();
    stepsOfEpochBegun = state.steps();
  }

  /** What the plan of rank 0 ran on in the last {@code fit}; null before. */
  public PlanSummary lastPlan() {
    return lastPlan;
  }

  @Override
  void trainEpoch(JavaSparkContext spark, ComputationGraph graph, JavaRDD<DataSet> given) {
    OPEN_RUNS.add(run);
    DaemonBarrierTimer.install();
    Preflight.requireSettings(spark);
    int worldSize = settings.sync.replicas().orElse(given.getNumPartitions());
    String job = run + "/" + graph.getEpochCount() + "/" + UUID.randomUUID();
    StateAssembly states =
        new StateAssembly(
            TrainingState.of(graph).withEma(ema).with(rankStates, stepsOfEpochBegun),
            settings.receiver);
    if (leaving == null) {
      leaving = LeavingExecutors.of(spark.sc());
      context = spark.sc();
    }
    ToldSteps told = new ToldSteps(settings.observer, graph.getIterationCount());
    try (ShardBlocks shards = new ShardBlocks(given, worldSize);
        DriverEndpoint driver =
            new DriverEndpoint(
                new JobIdentity(job, secret, settings.sync.timeout()), told, states, leaving)) {
      EpochWork work = work(job, spark, graph, worldSize, shards);
      EpochJob epoch =
          new EpochJob(
              spark,
              settings.sync.minSlots(),
              shards,
              work,
              states,
              driver,
              told::lastStep,
              settings.observer);
      take(epoch.run(hasMet), graph, told);
      hasMet = true;
    }
  }

  private EpochWork work(
      String job,
      JavaSparkContext spark,
      ComputationGraph graph,
      int worldSize,
      ShardBlocks shards) {
    return new EpochWork(
        run,
        Set.copyOf(OPEN_RUNS),
        job,
        worldSize,
        shards.rdd(),
        timelessJson(graph),
        plan(shards.imageShape(), worldSize),
        settings.sync.mode(),
        settings.sync.averagingFrequency(),
        settings.sync.averagingWarmupEpochs(),
        settings.sync.averageUpdater(),
        settings.sync.wireFormat(),
        settings.sync.timeout(),
        graph.getEpochCount(),
        settings.seed,
        settings.augment,
        settings.labelSmoothing,
        settings.update,
        settings.policy,
        settings.policy.isNever() ? Duration.ZERO : settings.receiver.sinceKept(),
        secret,
        settings.sync.exchange(),
        settings.sync.portRange().orElse(""),
        Preflight.demandsEncryption(spark.getConf()),
        BuildIdentity.here(),
        settings.probe);
  }

  /**
   * Ends what the run keeps in this JVM: replicas with their native memory. What other executors
   * keep ends when another run's task comes there, or none for ten minutes.
   */
  @Override
  public void close() {
    OPEN_RUNS.remove(run);
    ExecutorRun.end(run);
    if (leaving != null) {
      context.removeSparkListener(leaving);
      leaving = null;
    }
  }

  /** DL4J's JSON counts steps and epochs; replicas of one run are the same whatever the time. */
  private static String timelessJson(ComputationGraph graph) {
    ComputationGraphConfiguration configuration = graph.getConfiguration().clone();
    configuration.setIterationCount(0);
    configuration.setEpochCount(0);
    return configuration.toJson();
  }

  private void take(List<SlotResult> results, ComputationGraph graph, ToldSteps told) {
    results.stream()
        .map(SlotResult::failure)
        .filter(Objects::nonNull)
        .min(Comparator.comparing(SlotResult.Failure::kind))
        .ifPresent(
            failure -> {
              throw failure.toException();
            });
    SlotResult first = results.get(0);
    lastSteps = first.steps();
    stepsOfEpochBegun = List.of();
    lastPlan = first.plan();
    lastTrustRatios = first.trustRatios();
    told.tell(lastSteps);
    first.state().restoreTo(graph);
    ema = first.state().ema();
    rankStates = results.stream().flatMap(slot -> slot.rankStates().stream()).toList();
  }

  private PlanConfig plan(long[] imageShape, int worldSize) {
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

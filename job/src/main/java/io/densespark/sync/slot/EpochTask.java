package io.densespark.sync.slot;

import io.densespark.data.DataException;
import io.densespark.data.Shard;
import io.densespark.devices.TaskGpu;
import io.densespark.engine.ConfinedPool;
import io.densespark.engine.EngineUnavailableException;
import io.densespark.engine.PlanSummary;
import io.densespark.engine.UnsupportedGraphException;
import io.densespark.sync.SyncConfig;
import io.densespark.sync.collective.Collective;
import io.densespark.sync.collective.ExecutorGroup;
import io.densespark.sync.endpoint.DriverLink;
import io.densespark.sync.endpoint.JavaBytes;
import io.densespark.sync.endpoint.SlotMessage.Failed;
import io.densespark.sync.endpoint.StepReports;
import io.densespark.sync.endpoint.TaskPlacement;
import io.densespark.sync.links.CollectiveConfig;
import io.densespark.sync.links.CollectiveException;
import io.densespark.sync.links.PeerAddress;
import io.densespark.sync.links.Rendezvous;
import io.densespark.sync.rank.BuildIdentity;
import io.densespark.sync.rank.CommonState;
import io.densespark.sync.rank.DeviceSums;
import io.densespark.sync.rank.EpochWork;
import io.densespark.sync.rank.GradientSharing;
import io.densespark.sync.rank.NormEstimation;
import io.densespark.sync.rank.ParameterAveraging;
import io.densespark.sync.rank.ReplicaSlot;
import io.densespark.sync.rank.Snapshots;
import io.densespark.sync.rank.StepLoop;
import io.densespark.sync.slot.SlotResult.Failure.Kind;
import io.densespark.sync.tree.Placement;
import io.densespark.sync.tree.RankRange;
import io.densespark.text.Text;
import io.densespark.train.DivergedException;
import io.densespark.train.Replica;
import io.densespark.train.StepCounts;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.slf4j.MDC;
import scala.collection.JavaConverters;
import scala.runtime.AbstractFunction1;

/**
 * One slot's part of an epoch, the body of a barrier task:
 *
 * <pre>
 *   learn which ranks are mine; read their shards; borrow or compile a replica; meet the other slots
 *   agree on the newest state that any slot vouches for; take it over
 *   for each round left: local batches and gradients of my ranks, synchronise, update
 *   slot 0 brings the state home
 * </pre>
 *
 * <p>When a task fails, the driver runs the job again on the slots that there are then. Those whose
 * executors lived through it still hold the state of the last step they all finished, so nothing
 * but the failed round is done twice, and the result has the same bits as an undisturbed epoch.
 */
public final class EpochTask
    extends AbstractFunction1<scala.collection.Iterator<Integer>, scala.collection.Iterator<byte[]>>
    implements java.io.Serializable {

  /** Stands for an executor that nobody has to call. */
  private static final int NO_PORT = 1;

  private final EpochWork work;
  private final int attempt;
  private final Broadcast<byte[]> initial;
  private transient BarrierTaskContext context;
  private transient TaskPlacement place;
  private transient ExecutorRun here;
  private transient TrainingState start;

  /**
   * @param attempt from 1: the driver runs a job again when a slot is lost
   * @param initial what is gone on from where no slot has a newer state
   */
  public EpochTask(EpochWork work, int attempt, Broadcast<byte[]> initial) {
    this.work = work;
    this.attempt = attempt;
    this.initial = initial;
  }

  @Override
  public scala.collection.Iterator<byte[]> apply(scala.collection.Iterator<Integer> ignored) {
    context = BarrierTaskContext.get();
    place = TaskPlacement.of(context, work.worldSize());
    here = ExecutorRun.beginTask(work.run(), work.openRuns());
    MDC.put("ranks", myRanks().toString());
    String device = TaskGpu.address(context, place.slot(), work.plan().engine().needsDevice());
    try (DriverLink link = new DriverLink(context, work.identity(), attempt, place, device)) {
      try {
        start = JavaBytes.read(initial.value(), TrainingState.class);
        byte[] result = JavaBytes.of(train(link));
        return JavaConverters.asScalaIterator(List.of(result).iterator());
      } catch (CollectiveException e) {
        link.failed(Failed.kindOf(e), Failed.slotsOf(e, place.placement()), e.getMessage());
        throw e;
      } catch (ShardBlocks.MissingShardException e) {
        link.failed(Failed.Kind.MISSING_SHARD, List.of(), e.getMessage());
        throw e;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(myRanks() + " were stopped", e);
    } finally {
      MDC.remove("ranks");
      ExecutorRun.endTask(work.run());
    }
  }

  private RankRange myRanks() {
    return place.placement().ranksOfSlot(place.slot());
  }

  private SlotResult train(DriverLink link) throws InterruptedException {
    ReplicaSlot.Key key =
        new ReplicaSlot.Key(work.run(), work.graphJson(), work.plan().onDevice(link.device()));
    SlotResult.Failure unable = null;
    List<Shard> shards = List.of();
    ConfinedPool.Lease<ReplicaSlot> lease = null;
    Optional<String> otherBuild = BuildIdentity.here().differenceFrom(work.build());
    try {
      if (otherBuild.isPresent()) {
        unable = otherBuild(link.host(), otherBuild.get());
      } else {
        shards = shards();
        // Replicas of images of another size are not needed again.
        here.replicas().retainOnly(key::isLike);
        lease = here.replicas().lease(key, () -> ReplicaSlot.create(key, work.update()));
        unable = lease.value().call(slot -> wantOfMemory(slot.replica()));
      }
    } catch (DataException e) {
      unable = new SlotResult.Failure(Kind.DATA, e.getMessage());
    } catch (UnsupportedGraphException e) {
      unable = new SlotResult.Failure(Kind.UNSUPPORTED_GRAPH, e.getMessage());
    } catch (EngineUnavailableException e) {
      unable = new SlotResult.Failure(Kind.ENGINE_UNAVAILABLE, e.getMessage());
    } catch (OutOfMemoryError e) {
      unable =
          new SlotResult.Failure(
              Kind.MEMORY,
              Text.format(
                  "%s on %s: no memory is left for a replica (%s): lower train.batch-size or"
                      + " sync.replicas, or give the process more memory",
                  myRanks(), link.host(), e.getMessage()));
    }
    try (Collective collective = meet(link)) {
      link.stopHeartbeats();
      List<Readiness> slots = readiness(link, unable == null ? lease : null).exchange(collective);
      if (Readiness.anyUnable(slots)) {
        return new SlotResult(place.slot(), unable, null, List.of(), null, Map.of(), List.of());
      }
      Optional<String> disagreement = Readiness.disagreement(slots, place.placement());
      if (disagreement.isPresent()) {
        return SlotResult.failed(place.slot(), Kind.WRONG_EXECUTOR, disagreement.get());
      }
      List<Shard> mine = shards;
      return lease.value().call(slot -> reportingErrors(slot, collective, link, mine));
    } finally {
      // Even if the replica's thread is still at work: a step is never torn, so the slot stays
      // good.
      if (lease != null) {
        lease.close();
      }
    }
  }

  /** Read on the task's thread: Spark's iterators belong to it. */
  private List<Shard> shards() {
    RankRange ofExecutor = place.placement().ranksOfExecutor(place.executor());
    here.keepShards(rank -> ofExecutor.from() <= rank && rank < ofExecutor.to());
    List<Shard> shards = new ArrayList<>();
    for (int rank = myRanks().from(); rank < myRanks().to(); rank++) {
      try {
        shards.add(here.shard(work.data(), rank));
      } catch (DataException e) {
        throw new DataException("rank " + rank + ": " + e.getMessage());
      }
    }
    return shards;
  }

  /** Null where there is enough of it, a device's being taken. */
  private SlotResult.Failure wantOfMemory(Replica replica) {
    if (GradientSharing.addsOnDevices(work)) {
      replica
          .flatGradient()
          .device()
          .ifPresent(device -> DeviceSums.reserve(device, myRanks().size()));
    }
    return SlotMemory.want(work, place, replica).orElse(null);
  }

  private SlotResult.Failure otherBuild(String host, String difference) {
    return new SlotResult.Failure(
        Kind.WRONG_EXECUTOR,
        Text.format(
            "%s on %s: it has %s: remove other versions of the job's jar from the executors' class"
                + " path (spark.executor.extraClassPath, Spark's jars)",
            myRanks(), host, difference));
  }

  /** Meets all slots: those of this JVM share memory, the first of them connects to the others. */
  private Collective meet(DriverLink link) throws InterruptedException {
    Placement placement = place.placement();
    String name = work.job() + "/" + link.attempt();
    ExecutorGroup group =
        here.group(
            name,
            () -> new ExecutorGroup(placement, place.executor(), work.exchange(), work.timeout()));
    if (placement.executors() == 1 || !place.isFirst()) {
      link.meet(new PeerAddress(link.host(), NO_PORT));
      return group.join(place.slot());
    }
    try (Rendezvous rendezvous = Rendezvous.open(link.host(), work.ports())) {
      List<PeerAddress> ofSlots = link.meet(rendezvous.address());
      List<PeerAddress> ofExecutors = new ArrayList<>();
      for (int executor = 0; executor < placement.executors(); executor++) {
        ofExecutors.add(ofSlots.get(placement.firstSlot(executor)));
      }
      Collective collective = group.join(place.slot());
      try {
        group.connect(
            rendezvous,
            ofExecutors,
            CollectiveConfig.of(name, work.secret(), work.encrypted(), work.timeout()));
        return collective;
      } catch (RuntimeException e) {
        collective.close();
        throw e;
      }
    }
  }

  private static Readiness readiness(DriverLink link, ConfinedPool.Lease<ReplicaSlot> lease)
      throws InterruptedException {
    if (lease == null) {
      return Readiness.unable(link.host());
    }
    PlanSummary plan = lease.value().call(slot -> slot.replica().plan().summary());
    return new Readiness(link.host(), plan.engine(), plan.instructionSet(), link.device() != null);
  }

  /** Told while the others still wait: they have only lost a slot, which is worth another try. */
  private SlotResult reportingErrors(
      ReplicaSlot slot, Collective collective, DriverLink link, List<Shard> shards) {
    try {
      return trainOn(slot, collective, link, shards);
    } catch (CollectiveException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      if (!context.isInterrupted()) {
        String message = Text.format("in step %d: %s", slot.replica().step() + 1, e);
        link.failed(Failed.Kind.ERROR, List.of(), message);
      }
      throw e;
    }
  }

  private SlotResult trainOn(
      ReplicaSlot slot, Collective collective, DriverLink link, List<Shard> shards) {
    List<Integer> sizes =
        CommonState.gather(collective, shards.stream().mapToInt(Shard::size).toArray());
    StepCounts counts = new StepCounts(sizes, work.plan().batchSize());
    int from = CommonState.takeOver(work, start, slot, collective);
    Consumer<List<StepMetrics>> progress =
        collective.slot() == 0
            ? new StepReports(System::nanoTime, link::report)::report
            : steps -> {};
    StepLoop.Epoch epoch =
        new StepLoop.Epoch(work, collective, slot, shards, counts, start.rankStates());
    StepLoop loop =
        work.mode() == SyncConfig.Mode.PARAMETER_AVERAGING
            ? new ParameterAveraging(epoch, progress)
            : new GradientSharing(epoch, progress);
    double loss;
    try (Snapshots snapshots = new Snapshots(work, collective, slot, link)) {
      loss = loop.run(from, snapshots);
    }
    if (!Double.isFinite(loss)) {
      return diverged(slot, shards, loss);
    }
    NormEstimation.run(epoch);
    boolean first = collective.slot() == 0;
    return new SlotResult(
        collective.slot(),
        null,
        first ? slot.replica().state() : null,
        first ? List.copyOf(slot.steps()) : List.of(),
        slot.replica().plan().summary(),
        new LinkedHashMap<>(slot.replica().trustRatios()),
        loop.rankStates());
  }

  private SlotResult diverged(ReplicaSlot slot, List<Shard> shards, double loss) {
    for (int i = 0; i < shards.size(); i++) {
      Optional<String> badValue = shards.get(i).notFinite();
      if (badValue.isPresent()) {
        String message = Text.format("rank %d: %s", myRanks().from() + i, badValue.get());
        return SlotResult.failed(place.slot(), Kind.DATA, message);
      }
    }
    int step = slot.replica().step() + 1;
    String message = DivergedException.loss(loss, work.epoch() + 1, step).getMessage();
    return SlotResult.failed(place.slot(), Kind.DIVERGED, message);
  }
}

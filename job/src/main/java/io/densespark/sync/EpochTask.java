package io.densespark.sync;

import io.densespark.data.DataException;
import io.densespark.data.Shard;
import io.densespark.engine.ConfinedPool;
import io.densespark.engine.EngineUnavailableException;
import io.densespark.engine.PlanSummary;
import io.densespark.engine.UnsupportedGraphException;
import io.densespark.sync.SlotMessage.Failed;
import io.densespark.sync.SlotResult.Failure.Kind;
import io.densespark.sync.collective.Collective;
import io.densespark.sync.collective.CollectiveConfig;
import io.densespark.sync.collective.CollectiveException;
import io.densespark.sync.collective.ExecutorGroup;
import io.densespark.sync.collective.PeerAddress;
import io.densespark.sync.collective.Placement;
import io.densespark.sync.collective.RankRange;
import io.densespark.sync.collective.Rendezvous;
import io.densespark.sync.collective.RunSecret;
import io.densespark.text.Text;
import io.densespark.train.DivergedException;
import io.densespark.train.Replica;
import io.densespark.train.StepCounts;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.broadcast.Broadcast;
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
final class EpochTask
    extends AbstractFunction1<scala.collection.Iterator<Integer>, scala.collection.Iterator<byte[]>>
    implements java.io.Serializable {

  private static final String VERSION = "densespark-2";

  /** Stands for an executor that nobody has to call. */
  private static final int NO_PORT = 1;

  private final EpochWork work;
  private final Broadcast<byte[]> initial;
  private transient BarrierTaskContext context;
  private transient TaskPlacement place;
  private transient ExecutorRun here;
  private transient TrainingState start;

  EpochTask(EpochWork work, Broadcast<byte[]> initial) {
    this.work = work;
    this.initial = initial;
  }

  @Override
  public scala.collection.Iterator<byte[]> apply(scala.collection.Iterator<Integer> ignored) {
    context = BarrierTaskContext.get();
    place = TaskPlacement.of(context, work.worldSize());
    here = ExecutorRun.beginTask(work.run());
    try (DriverLink link = new DriverLink(context, work, place)) {
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
      ExecutorRun.endTask(work.run());
    }
  }

  private RankRange myRanks() {
    return place.placement().ranksOfSlot(place.slot());
  }

  private SlotResult train(DriverLink link) throws InterruptedException {
    ReplicaSlot.Key key = new ReplicaSlot.Key(work.run(), work.graphJson(), work.plan());
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
        here.replicas().retainOnly(key::equals);
        lease = here.replicas().lease(key, () -> ReplicaSlot.create(key, work.update()));
        unable = lease.value().call(this::wantOfMemory);
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
                  "%s on %s: no memory is left for a replica (%s): lower train.batch-size or sync.replicas, or give the process more memory",
                  myRanks(), link.host(), e.getMessage()));
    }
    try (Collective collective = meet(link)) {
      link.stopHeartbeats();
      List<Readiness> slots =
          readiness(link.host(), unable == null ? lease : null).exchange(collective);
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

  private SlotResult.Failure otherBuild(String host, String difference) {
    return new SlotResult.Failure(
        Kind.WRONG_EXECUTOR,
        Text.format(
            "%s on %s: it has %s: remove other versions of the job's jar from the executors' class path (spark.executor.extraClassPath, Spark's jars)",
            myRanks(), host, difference));
  }

  private SlotResult.Failure wantOfMemory(ReplicaSlot slot) {
    Replica replica = slot.replica();
    int slots = place.placement().slotsOfExecutor().get(place.executor());
    long need =
        slots
            * SlotMemory.bytes(
                work,
                myRanks().size(),
                replica.parameterBuffer().capacity(),
                replica.updaterStateBuffer().capacity());
    long have = Runtime.getRuntime().maxMemory();
    return need <= have
        ? null
        : new SlotResult.Failure(
            Kind.MEMORY,
            Text.format(
                "%d slots with %d of %d replicas each need %d MB of heap for sums and states, a JVM has %d MB: raise spark.executor.memory (spark.driver.memory on local), use more executors, or lower sync.replicas",
                slots, myRanks().size(), work.worldSize(), (need >> 20) + 1, have >> 20));
  }

  /** Meets all slots: those of this JVM share memory, the first of them connects to the others. */
  private Collective meet(DriverLink link) throws InterruptedException {
    Placement placement = place.placement();
    if (placement.slots() == 1) {
      return Collective.single(work.worldSize(), work.timeout());
    }
    String attempt = work.job() + "/" + link.attempt();
    ExecutorGroup group =
        here.group(attempt, () -> new ExecutorGroup(placement, place.executor(), work.timeout()));
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
            CollectiveConfig.of(
                attempt,
                RunSecret.decode(work.secret()),
                VERSION,
                work.encrypted(),
                work.timeout()));
        return collective;
      } catch (RuntimeException e) {
        collective.close();
        throw e;
      }
    }
  }

  private static Readiness readiness(String host, ConfinedPool.Lease<ReplicaSlot> lease)
      throws InterruptedException {
    if (lease == null) {
      return Readiness.unable(host);
    }
    PlanSummary plan = lease.value().call(slot -> slot.replica().plan().summary());
    return new Readiness(host, plan.engine(), plan.instructionSet());
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
        String message =
            Text.format(
                "%s on %s failed in step %d: %s",
                myRanks(), link.host(), slot.replica().graph().getIterationCount() + 1, e);
        link.failed(Failed.Kind.ERROR, List.of(), message);
      }
      throw e;
    }
  }

  private SlotResult trainOn(
      ReplicaSlot slot, Collective collective, DriverLink link, List<Shard> shards) {
    List<Integer> sizes = gatherInts(collective, shards.stream().mapToInt(Shard::size).toArray());
    StepCounts counts = new StepCounts(sizes, work.plan().batchSize());
    int from = takeOverNewestState(slot, collective);
    Consumer<List<StepMetrics>> progress =
        collective.slot() == 0
            ? new StepReports(System::nanoTime, link::report)::report
            : steps -> {};
    StepLoop loop =
        work.mode() == SyncConfig.Mode.PARAMETER_AVERAGING
            ? new ParameterAveraging(
                work, collective, slot, shards, counts, start.rankStates(), progress)
            : new GradientSharing(
                work, collective, slot, shards, counts, start.rankStates(), progress);
    double loss;
    try (Snapshots snapshots = Snapshots.of(work, collective, slot, link)) {
      loss = loop.run(from, snapshots);
    }
    if (!Double.isFinite(loss)) {
      return diverged(slot, shards, loss);
    }
    NormEstimation.run(work, collective, slot, shards, counts);
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
    int step = slot.replica().graph().getIterationCount() + 1;
    String message = DivergedException.loss(loss, work.epoch() + 1, step).getMessage();
    return SlotResult.failed(place.slot(), Kind.DIVERGED, message);
  }

  /** The numbers of all slots, one slot's after another's. */
  private static List<Integer> gatherInts(Collective collective, int... mine) {
    List<Integer> all = new ArrayList<>();
    ByteBuffer bytes = ByteBuffer.allocate(mine.length * Integer.BYTES);
    bytes.asIntBuffer().put(mine);
    for (byte[] one : collective.allGather(bytes.array())) {
      ByteBuffer theirs = ByteBuffer.wrap(one);
      while (theirs.hasRemaining()) {
        all.add(theirs.getInt());
      }
    }
    return all;
  }

  /**
   * Puts all replicas in the newest state that any slot can vouch for; returns its step in the
   * epoch.
   */
  private int takeOverNewestState(ReplicaSlot slot, Collective collective) {
    // When what a rank has of its own is lost, all go back to where they started from.
    int known = work.keepsRankStates() ? -1 : slot.consistentSteps(work.job());
    List<Integer> vouched = gatherInts(collective, known);
    int newest = start.stepInEpoch();
    int source = -1;
    for (int one = 0; one < vouched.size(); one++) {
      if (vouched.get(one) > newest) {
        newest = vouched.get(one);
        source = one;
      }
    }
    if (source < 0) {
      slot.begin(work.job(), start);
      return newest;
    }
    byte[] mine = {};
    if (source == collective.slot()) {
      mine = JavaBytes.of(slot.consistentState().with(List.of(), slot.steps()));
    }
    int from = source;
    TrainingState[] newestState = new TrainingState[1];
    collective.allGather(
        ByteBuffer.wrap(mine),
        Integer.MAX_VALUE - Integer.BYTES,
        (one, bytes) -> {
          if (one == from) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            newestState[0] = JavaBytes.read(copy, TrainingState.class);
          }
        });
    slot.begin(work.job(), newestState[0]);
    return newest;
  }
}

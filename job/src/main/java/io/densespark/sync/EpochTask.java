package io.densespark.sync;

import io.densespark.data.DataException;
import io.densespark.data.Shard;
import io.densespark.engine.ConfinedPool;
import io.densespark.engine.EngineUnavailableException;
import io.densespark.engine.PlanSummary;
import io.densespark.engine.UnsupportedGraphException;
import io.densespark.sync.RankResult.Failure.Kind;
import io.densespark.sync.collective.Collective;
import io.densespark.train.DivergedException;
import io.densespark.train.StepCounts;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.nd4j.linalg.dataset.DataSet;
import scala.collection.JavaConverters;
import scala.runtime.AbstractFunction1;

/**
 * One rank's part of an epoch, the body of a barrier task:
 *
 * <pre>
 *   read the shard; borrow or compile a replica; meet the other ranks
 *   agree on the newest state that any rank vouches for; take it over
 *   for each step left: local batch, gradient, synchronise, update
 *   rank 0 brings the state home
 * </pre>
 *
 * <p>When a task fails, Spark runs the whole stage again. Ranks whose executors lived through it
 * still hold the state of the last step they all finished, so nothing but the failed step is done
 * twice, and the result has the same bits as an undisturbed epoch.
 */
final class EpochTask
    extends AbstractFunction1<scala.collection.Iterator<DataSet>, scala.collection.Iterator<byte[]>>
    implements java.io.Serializable {

  private static final ConfinedPool<ReplicaSlot.Key, ReplicaSlot> SLOTS =
      new ConfinedPool<>("replica");

  private final EpochWork work;
  private final Broadcast<byte[]> initial;
  private transient TrainingState start;

  EpochTask(EpochWork work, Broadcast<byte[]> initial) {
    this.work = work;
    this.initial = initial;
  }

  @Override
  public scala.collection.Iterator<byte[]> apply(scala.collection.Iterator<DataSet> data) {
    BarrierTaskContext context = BarrierTaskContext.get();
    SLOTS.retainOnly(kept -> kept.run().equals(work.run()));
    try (Presence presence = Presence.begin(context, work)) {
      Iterator<DataSet> dataSets = JavaConverters.asJavaIterator(data);
      // Read here: Spark's iterators belong to the task's thread.
      Shard shard = null;
      RankResult.Failure unable = null;
      try {
        shard = Shard.of(dataSets);
      } catch (DataException e) {
        unable = new RankResult.Failure(Kind.DATA, e.getMessage());
      }
      start = JavaBytes.read(initial.value(), TrainingState.class);
      byte[] result = JavaBytes.of(train(context, presence, shard, unable));
      return JavaConverters.asScalaIterator(List.of(result).iterator());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("rank %d was stopped".formatted(context.partitionId()), e);
    }
  }

  private RankResult train(
      BarrierTaskContext context, Presence presence, Shard shard, RankResult.Failure badData)
      throws InterruptedException {
    ReplicaSlot.Key key = new ReplicaSlot.Key(work.run(), work.graphJson(), work.plan());
    RankResult.Failure unable = badData;
    ConfinedPool.Lease<ReplicaSlot> lease = null;
    Optional<String> otherBuild = BuildIdentity.here().differenceFrom(work.build());
    try {
      if (otherBuild.isPresent()) {
        unable = otherBuild(context.partitionId(), presence.host(), otherBuild.get());
      } else if (unable == null) {
        lease = SLOTS.lease(key, () -> ReplicaSlot.create(key));
      }
    } catch (UnsupportedGraphException e) {
      unable = new RankResult.Failure(Kind.UNSUPPORTED_GRAPH, e.getMessage());
    } catch (EngineUnavailableException e) {
      unable = new RankResult.Failure(Kind.ENGINE_UNAVAILABLE, e.getMessage());
    }
    try (Collective collective = Peers.meet(context, work, presence)) {
      presence.close();
      List<Readiness> ranks =
          readiness(presence.host(), unable == null ? lease : null).exchange(collective);
      if (Readiness.anyUnable(ranks)) {
        return new RankResult(collective.rank(), unable, null, List.of(), null, null);
      }
      Optional<String> disagreement = Readiness.disagreement(ranks);
      if (disagreement.isPresent()) {
        return RankResult.failed(collective.rank(), Kind.WRONG_EXECUTOR, disagreement.get());
      }
      int stageAttempt = context.stageAttemptNumber();
      return lease.value().call(slot -> trainOn(slot, collective, shard, stageAttempt));
    } finally {
      // Even if the replica's thread is still at work: a step is never torn, so the slot stays
      // good.
      if (lease != null) {
        lease.close();
      }
    }
  }

  private static RankResult.Failure otherBuild(int rank, String host, String difference) {
    return new RankResult.Failure(
        Kind.WRONG_EXECUTOR,
        "rank %d on %s has %s: remove other versions of the job's jar from the executors' class path (spark.executor.extraClassPath, Spark's jars)"
            .formatted(rank, host, difference));
  }

  private static Readiness readiness(String host, ConfinedPool.Lease<ReplicaSlot> lease)
      throws InterruptedException {
    if (lease == null) {
      return Readiness.unable(host);
    }
    PlanSummary plan = lease.value().call(slot -> slot.replica().plan().summary());
    return new Readiness(host, plan.engine(), plan.instructionSet());
  }

  private RankResult trainOn(
      ReplicaSlot slot, Collective collective, Shard shard, int stageAttempt) {
    StepCounts counts =
        new StepCounts(gatherInts(collective, shard.size()), work.plan().batchSize());
    int from = takeOverNewestState(slot, collective);
    Consumer<List<StepMetrics>> progress =
        collective.rank() == 0 ? ProgressSender.toDriver(work)::report : steps -> {};
    StepLoop loop =
        work.mode() == SyncConfig.Mode.PARAMETER_AVERAGING
            ? new ParameterAveraging(work, collective, slot, shard, counts, progress)
            : new GradientSharing(
                work, collective, slot, shard, counts, start.residuals(), progress);
    double loss;
    try (SnapshotTaker snapshots = SnapshotTaker.of(work, collective, slot, stageAttempt)) {
      loss = loop.run(from, snapshots);
    }
    int rank = collective.rank();
    if (!Double.isFinite(loss)) {
      Optional<String> badValue = shard.notFinite();
      if (badValue.isPresent()) {
        return RankResult.failed(rank, Kind.DATA, "rank " + rank + ": " + badValue.get());
      }
      int step = slot.replica().graph().getIterationCount() + 1;
      String message = DivergedException.loss(loss, work.epoch() + 1, step).getMessage();
      return RankResult.failed(rank, Kind.DIVERGED, message);
    }
    return new RankResult(
        rank,
        null,
        rank == 0 ? TrainingState.of(slot.replica().graph()) : null,
        rank == 0 ? List.copyOf(slot.steps()) : List.of(),
        slot.replica().plan().summary(),
        loop.residual());
  }

  private static List<Integer> gatherInts(Collective collective, int mine) {
    List<Integer> sizes = new ArrayList<>();
    byte[] bytes = ByteBuffer.allocate(Integer.BYTES).putInt(mine).array();
    for (byte[] one : collective.allGather(bytes)) {
      sizes.add(ByteBuffer.wrap(one).getInt());
    }
    return sizes;
  }

  /**
   * Puts all replicas in the newest state that any can vouch for; returns its step in the epoch.
   */
  private int takeOverNewestState(ReplicaSlot slot, Collective collective) {
    // A residual is a rank's own: when a rank is lost, all go back to where they started from.
    int known = work.keepsResiduals() ? -1 : slot.consistentSteps(work.job());
    List<Integer> vouched = gatherInts(collective, known);
    int newest = start.stepInEpoch();
    int source = -1;
    for (int rank = 0; rank < vouched.size(); rank++) {
      if (vouched.get(rank) > newest) {
        newest = vouched.get(rank);
        source = rank;
      }
    }
    if (source < 0) {
      slot.begin(work.job(), start);
      return newest;
    }
    boolean mine = source == collective.rank();
    TrainingState state = mine ? slot.consistentState() : start;
    float[] parameters = state.parameters().clone();
    float[] updaterState = state.updaterState().clone();
    collective.broadcast(FloatBuffer.wrap(parameters), source);
    if (updaterState.length > 0) {
      collective.broadcast(FloatBuffer.wrap(updaterState), source);
    }
    List<StepMetrics> steps = stepsOf(source, collective, slot, newest);
    slot.begin(
        work.job(),
        new TrainingState(
            start.epoch(),
            start.step() - start.stepInEpoch() + newest,
            parameters,
            updaterState,
            List.of(),
            steps));
    return newest;
  }

  private static List<StepMetrics> stepsOf(
      int source, Collective collective, ReplicaSlot slot, int count) {
    ByteBuffer mine = ByteBuffer.allocate(count * StepMetrics.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    if (source == collective.rank()) {
      slot.steps().forEach(step -> step.putTo(mine));
    }
    List<StepMetrics> steps = new ArrayList<>();
    collective.allGather(
        mine.flip(),
        mine.capacity(),
        (rank, bytes) -> {
          while (rank == source && bytes.hasRemaining()) {
            steps.add(StepMetrics.from(bytes));
          }
        });
    return steps;
  }
}

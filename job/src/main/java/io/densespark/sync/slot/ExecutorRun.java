package io.densespark.sync.slot;

import io.densespark.data.Shard;
import io.densespark.engine.ConfinedPool;
import io.densespark.sync.collective.ExecutorGroup;
import io.densespark.sync.rank.ReplicaSlot;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.apache.spark.util.ThreadUtils;

/**
 * All that a run keeps in the JVM of an executor between its jobs: replicas with their native
 * memory, shards, and the groups in which slots meet. It ends with the run: at once in the driver's
 * JVM, elsewhere when a task of another run brings word of it, or when no task has come for long.
 * Tasks that come later begin a new one.
 */
public final class ExecutorRun {

  private static final Map<String, ExecutorRun> RUNS = new ConcurrentHashMap<>();
  private static final Duration MOST_IDLE = Duration.ofMinutes(10);
  private static final ScheduledExecutorService CLOCK =
      ThreadUtils.newDaemonSingleThreadScheduledExecutor("idle runs");

  static {
    long period = MOST_IDLE.toMinutes() / 5;
    CLOCK.scheduleWithFixedDelay(ExecutorRun::endIdle, period, period, TimeUnit.MINUTES);
  }

  private final ConfinedPool<ReplicaSlot.Key, ReplicaSlot> replicas = new ConfinedPool<>("replica");
  private final Map<Integer, Shard> shards = new ConcurrentHashMap<>();
  private final Map<String, ExecutorGroup> groups = new ConcurrentHashMap<>();
  private int data = -1;
  private int tasks;
  private long idleSince;

  /**
   * That of a run, in which a task begins; it ends with {@link #endTask}.
   *
   * @param open runs of the driver that have not ended
   */
  static ExecutorRun beginTask(String run, Set<String> open) {
    endThose((name, kept) -> !open.contains(name));
    return RUNS.compute(
        run,
        (name, kept) -> {
          ExecutorRun here = kept == null ? new ExecutorRun() : kept;
          here.tasks++;
          return here;
        });
  }

  static void endTask(String run) {
    RUNS.computeIfPresent(
        run,
        (name, here) -> {
          here.tasks--;
          here.idleSince = System.nanoTime();
          return here;
        });
  }

  /** The run is over; what is on loan is closed when it comes back. */
  public static void end(String run) {
    ExecutorRun ended = RUNS.remove(run);
    if (ended != null) {
      ended.replicas.close();
    }
  }

  private static void endIdle() {
    long now = System.nanoTime();
    endThose((name, kept) -> now - kept.idleSince > MOST_IDLE.toNanos());
  }

  /** Ends runs of which no task is under way. */
  private static void endThose(BiPredicate<String, ExecutorRun> over) {
    for (String run : RUNS.keySet()) {
      RUNS.computeIfPresent(
          run,
          (name, kept) -> {
            if (kept.tasks > 0 || !over.test(name, kept)) {
              return kept;
            }
            kept.replicas.close();
            return null;
          });
    }
  }

  ConfinedPool<ReplicaSlot.Key, ReplicaSlot> replicas() {
    return replicas;
  }

  /** The shard of a rank, read once from the blocks of an RDD and kept until another one comes. */
  Shard shard(int rdd, int rank) {
    synchronized (shards) {
      if (data != rdd) {
        shards.clear();
        data = rdd;
      }
    }
    return shards.computeIfAbsent(rank, wanted -> ShardBlocks.read(rdd, wanted));
  }

  /** Forgets the shards of other ranks, which other slots compute now. */
  void keepShards(IntPredicate wanted) {
    shards.keySet().removeIf(rank -> !wanted.test(rank));
  }

  /**
   * The group of an attempt; those of other attempts are forgotten.
   *
   * @param attempt names it, different in every one
   */
  ExecutorGroup group(String attempt, Supplier<ExecutorGroup> made) {
    groups.keySet().removeIf(other -> !other.equals(attempt));
    return groups.computeIfAbsent(attempt, ignored -> made.get());
  }
}

package io.densespark.sync.collective;

import io.densespark.sync.collective.CollectiveException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Ranks in processes of their own, each connected to all others by TCP; {@link Rendezvous} makes
 * it.
 */
final class TcpCollective implements Collective {
  private static final int MAX_PHASE_BYTES = 200;

  private final Mesh mesh;
  private final long timeoutNanos;
  private final ReduceExchange reduceExchange;
  private final GatherExchange gatherExchange;
  private final ReentrantLock inUse = new ReentrantLock();

  private volatile CollectiveException broken;
  private volatile CollectiveStats stats = CollectiveStats.NONE;
  private volatile boolean closeRequested;
  private long step;
  private long sequence;

  TcpCollective(Mesh mesh, CollectiveConfig config) {
    this.mesh = mesh;
    timeoutNanos = config.timeout().toNanos();
    reduceExchange = new ReduceExchange(mesh);
    gatherExchange = new GatherExchange(mesh);
  }

  @Override
  public int rank() {
    return mesh.rank();
  }

  @Override
  public int worldSize() {
    return mesh.worldSize();
  }

  @Override
  public void beginStep(long nextStep) {
    step = nextStep;
  }

  @Override
  public double allReduceSum(FloatBuffer values, WirePrecision precision, double companion) {
    reduce(Operation.of(precision), values, 0, Double.doubleToRawLongBits(companion));
    return reduceExchange.companionSum();
  }

  @Override
  public void weightedMean(FloatBuffer values, long examples) {
    AveragingArithmetic.requireWeight(examples);
    reduce(Operation.WEIGHTED_MEAN, values, 0, examples);
  }

  @Override
  public void broadcast(FloatBuffer values, int root) {
    if (root < 0 || root >= worldSize()) {
      throw new IllegalArgumentException(
          "root " + root + ": ranks go from 0 to " + (worldSize() - 1));
    }
    reduce(Operation.BROADCAST, values, root, 0);
  }

  @Override
  public void allGather(ByteBuffer mine, int maxBytes, GatherVisitor visitor) {
    if (mine.remaining() > maxBytes) {
      throw new IllegalArgumentException(
          "all-gather of " + mine.remaining() + " bytes: at most " + maxBytes + " are allowed");
    }
    FrameHeader header = header(Operation.GATHER, mine.remaining(), maxBytes, 0, 0);
    run(
        header,
        () -> {
          gatherExchange.start(header, mine, maxBytes);
          mesh.drive(gatherExchange, header, timeoutNanos);
          gatherExchange.visit(mine, visitor);
        });
  }

  @Override
  public void barrier(String phaseName) {
    barrier(phaseName, timeoutNanos);
  }

  /** A barrier with a patience of its own. */
  void barrier(String phaseName, long nanos) {
    ByteBuffer mine = ByteBuffer.wrap(phaseName.getBytes(StandardCharsets.UTF_8));
    if (mine.remaining() > MAX_PHASE_BYTES) {
      throw new IllegalArgumentException(
          "phase name of %d bytes: at most %d are allowed"
              .formatted(mine.remaining(), MAX_PHASE_BYTES));
    }
    FrameHeader header = header(Operation.BARRIER, mine.remaining(), 0, 0, 0);
    run(
        header,
        () -> {
          gatherExchange.start(header, mine, MAX_PHASE_BYTES);
          try {
            mesh.drive(gatherExchange, header, nanos);
          } catch (CollectiveTimeoutException e) {
            throw new CollectiveTimeoutException(
                e.ranks(), e.getMessage() + " (barrier '" + phaseName + "')", e);
          }
          gatherExchange.visit(mine, (peer, theirs) -> requireSamePhase(phaseName, peer, theirs));
        });
  }

  private void requireSamePhase(String phaseName, int peer, ByteBuffer theirs) {
    String theirPhase = StandardCharsets.UTF_8.decode(theirs).toString();
    if (!theirPhase.equals(phaseName)) {
      throw new CollectiveMismatchException(
          List.of(peer),
          "rank %d is at barrier '%s', and %s at '%s' (step %d); all ranks must run the same phases"
              .formatted(rank(), phaseName, mesh.link(peer).name(), theirPhase, step),
          null);
    }
  }

  private void reduce(Operation operation, FloatBuffer values, int root, long weight) {
    FrameHeader header = header(operation, 0, values.remaining(), root, weight);
    run(
        header,
        () -> {
          reduceExchange.start(header, values);
          mesh.drive(reduceExchange, header, timeoutNanos);
        });
  }

  private FrameHeader header(
      Operation operation, int payloadBytes, int values, int root, long weight) {
    return new FrameHeader(
        FrameKind.CONTRIBUTION,
        operation,
        rank(),
        payloadBytes,
        step,
        sequence,
        values,
        root,
        weight);
  }

  @FunctionalInterface
  private interface Work {
    void run() throws IOException;
  }

  private void run(FrameHeader header, Work work) {
    if (!inUse.tryLock()) {
      throw new IllegalStateException(
          "rank %d: another thread is inside an operation; one thread at a time may be"
              .formatted(rank()));
    }
    long start = System.nanoTime();
    try {
      requireWhole();
      mesh.checkStop(header);
      sequence++;
      work.run();
    } catch (CollectiveException e) {
      throw fail(broken == null ? mesh.firstCause(e) : e);
    } catch (RuntimeException | Error e) {
      fail(failedWith(header, e));
      throw e;
    } catch (IOException e) {
      throw fail(failedWith(header, e));
    } finally {
      long nanos = stats.communicationNanos() + System.nanoTime() - start;
      stats =
          new CollectiveStats(
              sequence, mesh.bytesSent(), mesh.bytesReceived(), nanos, mesh.waitNanos());
      inUse.unlock();
    }
  }

  private CollectiveAbortedException failedWith(FrameHeader header, Throwable cause) {
    return new CollectiveAbortedException(
        Reason.ABORTED,
        List.of(rank()),
        "rank %d: failed in %s: %s".formatted(rank(), header.describe(), cause),
        cause);
  }

  private void requireWhole() {
    CollectiveException first = broken;
    if (first != null) {
      throw new CollectiveAbortedException(
          first.reason(),
          first.ranks(),
          "rank %d: this collective is closed: %s".formatted(rank(), first.getMessage()),
          first);
    }
  }

  private CollectiveException fail(CollectiveException failure) {
    if (broken == null) {
      broken = failure;
      if (closeRequested) {
        mesh.leave();
      } else {
        mesh.abort(failure);
      }
    }
    if (failure instanceof CollectiveInterruptedException) {
      Thread.currentThread().interrupt();
    }
    return failure;
  }

  @Override
  public CollectiveStats stats() {
    return stats;
  }

  @Override
  public void abort(String reason) {
    stop("rank " + rank() + " gave up: " + reason, false);
  }

  @Override
  public void close() {
    stop("rank " + rank() + ": closed by its own process", true);
  }

  /** Stops the operation under way on another thread, if any, then closes. */
  private void stop(String message, boolean leaving) {
    if (broken != null) {
      return;
    }
    CollectiveAbortedException failure =
        new CollectiveAbortedException(Reason.ABORTED, List.of(rank()), message, null);
    closeRequested = leaving;
    mesh.requestStop(() -> failure);
    inUse.lock();
    try {
      fail(failure);
    } finally {
      inUse.unlock();
    }
  }
}

package io.densespark.sync.endpoint;

import io.densespark.sync.endpoint.SlotMessage.Failed;
import io.densespark.sync.endpoint.SlotMessage.Heard;
import io.densespark.sync.endpoint.SlotMessage.Heartbeat;
import io.densespark.sync.endpoint.SlotMessage.Ready;
import io.densespark.sync.endpoint.SlotMessage.StatePiece;
import io.densespark.sync.endpoint.SlotMessage.Steps;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.spark.SparkEnv;
import org.apache.spark.rpc.RpcCallContext;
import org.apache.spark.rpc.RpcEndpointRef;
import org.apache.spark.rpc.RpcEnv;
import org.apache.spark.rpc.ThreadSafeRpcEndpoint;
import org.apache.spark.util.ThreadUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.PartialFunction;
import scala.runtime.AbstractPartialFunction;
import scala.runtime.BoxedUnit;

/**
 * What the slots of a job reach on the driver: the place of their rendezvous, and where steps,
 * states and failures are told. An endpoint of Spark's own RPC, so that no further port is opened
 * and Spark's authentication and encryption hold for it. It lives as long as the job.
 *
 * <p>Messages are byte arrays: an executor's RPC cannot load the job's classes.
 */
public final class DriverEndpoint implements ThreadSafeRpcEndpoint, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DriverEndpoint.class);

  /** An executor that is decommissioned may be gone a second later. */
  private static final long LONGEST_TICK_MILLIS = 300;

  private final JobIdentity identity;
  private final ToldSteps steps;
  private final StateAssembly states;
  private final RpcEnv rpc = SparkEnv.get().rpcEnv();
  private final RpcEndpointRef reference;

  /** Observers have a thread of their own: one that waits for a slow store holds up nobody. */
  private final ExecutorService observers = ThreadUtils.newDaemonSingleThreadExecutor("steps");

  private final ScheduledExecutorService ticks =
      ThreadUtils.newDaemonSingleThreadScheduledExecutor("rendezvous");
  private final Map<Integer, Failed> failures = new ConcurrentHashMap<>();

  /** By slot, its executor. */
  private final Map<Integer, String> executors = new ConcurrentHashMap<>();

  private final LeavingExecutors leaving;

  private SlotRendezvous current;
  private Runnable onAbandoned = () -> {};

  /**
   * Opens the endpoint of a job; slots find it under {@link JobIdentity#endpoint}.
   *
   * @param steps told of steps, and where the slots are that are about to do some
   * @param states given the pieces of states
   * @param leaving shown the executors of the slots
   */
  public DriverEndpoint(
      JobIdentity identity, ToldSteps steps, StateAssembly states, LeavingExecutors leaving) {
    this.identity = identity;
    this.steps = steps;
    this.states = states;
    this.leaving = leaving;
    reference = rpc.setupEndpoint(identity.endpoint(), this);
    long heartbeat = SlotRendezvous.heartbeatInterval(identity.timeout()).toMillis();
    long tick = Math.max(1, Math.min(heartbeat / 4, LONGEST_TICK_MILLIS));
    ticks.scheduleWithFixedDelay(this::tick, tick, tick, TimeUnit.MILLISECONDS);
  }

  /**
   * Makes room for the next attempt; earlier ones are refused from now on.
   *
   * @param slots how many slots will come
   * @param startTimeout how long a task may take to begin
   * @param abandoned is run once if no task has begun by then
   */
  public synchronized void expect(
      int attempt, int slots, Duration startTimeout, Runnable abandoned) {
    failures.clear();
    executors.clear();
    onAbandoned = abandoned;
    if (current != null) {
      current.end("a later attempt is under way");
    }
    current =
        new SlotRendezvous(
            attempt,
            slots,
            startTimeout,
            identity.timeout(),
            System::nanoTime,
            places -> observers.execute(() -> steps.placed(places)));
  }

  /**
   * A message has come.
   *
   * @param context takes the answer; null where none is wanted
   */
  void hear(byte[] sealed, RpcCallContext context) {
    SlotMessage message = identity.open(sealed);
    if (message == null) {
      LOG.warn("refused a message that does not know the run's secret");
      if (context != null) {
        context.sendFailure(new SecurityException("this is not a message of this run"));
      }
      return;
    }
    if (message instanceof Ready ready && context != null) {
      rendezvousOf(ready.heartbeat())
          .arrived(ready, answer -> context.reply(identity.seal(answer)));
      return;
    }
    if (message instanceof Heartbeat heartbeat) {
      rendezvousOf(heartbeat).heard(heartbeat);
    } else if (message instanceof Steps report) {
      observers.execute(() -> steps.tell(report.steps()));
    } else if (message instanceof StatePiece piece) {
      if (states.take(piece)) {
        leaving.stateKept();
      }
    } else if (message instanceof Failed failed) {
      failed(failed);
    }
    if (context != null) {
      Heard heard = new Heard(message instanceof Steps && wantsState());
      context.reply(identity.seal(heard));
    }
  }

  private boolean wantsState() {
    leaving.look(executors.values());
    return states.isKept() && (states.isWanted() || leaving.isStateOwed());
  }

  /** What slots of this attempt have said before their tasks failed. */
  public Collection<Failed> failures() {
    return failures.values();
  }

  /** Executors that others have waited for in vain, and from which no slot has said a word. */
  public Set<String> silentExecutors() {
    Set<String> waitedFor = new TreeSet<>();
    for (Failed one : failures.values()) {
      if (one.kind() == Failed.Kind.TIMEOUT) {
        one.slots().stream().map(executors::get).filter(Objects::nonNull).forEach(waitedFor::add);
      }
    }
    failures.keySet().stream()
        .map(executors::get)
        .filter(Objects::nonNull)
        .forEach(waitedFor::remove);
    return waitedFor;
  }

  private synchronized SlotRendezvous rendezvousOf(Heartbeat call) {
    if (call.attempt() == current.attempt()) {
      executors.put(call.place().slot(), call.place().executor());
    }
    return current;
  }

  /** What a task of an earlier attempt says late says nothing of this one. */
  private synchronized void failed(Failed failed) {
    if (failed.from().attempt() == current.attempt()
        && failures.putIfAbsent(failed.from().place().slot(), failed) == null) {
      LOG.info(
          "{} on {} failed, {}: {}: {}",
          failed.ranks(),
          failed.from().place().host(),
          failed.phase(),
          failed.kind(),
          failed.message());
    }
  }

  private void tick() {
    leaving.look(executors.values());
    Runnable abandoned = () -> {};
    synchronized (this) {
      if (current != null) {
        current.tick();
        if (current.abandoned()) {
          abandoned = onAbandoned;
          onAbandoned = () -> {};
        }
      }
    }
    abandoned.run();
  }

  @Override
  public RpcEnv rpcEnv() {
    return rpc;
  }

  @Override
  public PartialFunction<Object, BoxedUnit> receive() {
    return onBytes(bytes -> hear(bytes, null));
  }

  @Override
  public PartialFunction<Object, BoxedUnit> receiveAndReply(RpcCallContext context) {
    return onBytes(bytes -> hear(bytes, context));
  }

  private static PartialFunction<Object, BoxedUnit> onBytes(Consumer<byte[]> receiver) {
    return new AbstractPartialFunction<>() {
      @Override
      public boolean isDefinedAt(Object message) {
        return message instanceof byte[];
      }

      @Override
      public BoxedUnit apply(Object message) {
        receiver.accept((byte[]) message);
        return BoxedUnit.UNIT;
      }
    };
  }

  @Override
  public synchronized void close() {
    ticks.shutdownNow();
    observers.shutdown();
    if (current != null) {
      current.end("the job is over");
    }
    rpc.stop(reference);
  }
}

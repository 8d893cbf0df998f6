package io.densespark.sync.endpoint;

import io.densespark.sync.SlotPlace;
import io.densespark.sync.endpoint.SlotMessage.Failed;
import io.densespark.sync.endpoint.SlotMessage.Failed.Phase;
import io.densespark.sync.endpoint.SlotMessage.Heard;
import io.densespark.sync.endpoint.SlotMessage.Heartbeat;
import io.densespark.sync.endpoint.SlotMessage.Ready;
import io.densespark.sync.endpoint.SlotMessage.StatePiece;
import io.densespark.sync.endpoint.SlotMessage.Steps;
import io.densespark.sync.links.CollectiveException;
import io.densespark.sync.links.PeerAddress;
import io.densespark.sync.tree.RankRange;
import io.densespark.train.StepMetrics;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.rpc.RpcEndpointRef;
import org.apache.spark.rpc.RpcTimeout;
import org.apache.spark.util.RpcUtils;
import org.apache.spark.util.ThreadUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.concurrent.Await;
import scala.concurrent.Future;
import scala.concurrent.duration.FiniteDuration;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/** A slot's end of the way to the driver of its job, see {@link DriverEndpoint}. */
public final class DriverLink implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DriverLink.class);
  private static final ClassTag<byte[]> BYTES = ClassTag$.MODULE$.apply(byte[].class);

  /** How often a waiting task looks whether Spark wants it to end. */
  private static final FiniteDuration GLANCE = new FiniteDuration(500, TimeUnit.MILLISECONDS);

  private static final Duration FAREWELL = Duration.ofSeconds(5);

  /** Pieces wait for their answers one by one: the way is shared with Spark's heartbeats. */
  private static final int PIECE_BYTES = 1 << 20;

  private final BarrierTaskContext context;
  private final JobIdentity identity;
  private final TaskPlacement place;
  private final RpcEndpointRef driver;
  private final Heartbeat heartbeat;

  private Phase phase = Phase.PREPARING;

  /** Null once it is looked at; the thread that trains reports and looks. */
  private Future<byte[]> answerToSteps;

  private final ScheduledExecutorService heartbeats =
      ThreadUtils.newDaemonSingleThreadScheduledExecutor("heartbeats");

  /**
   * Opens the link; until {@link #stopHeartbeats} the driver hears that this slot is alive.
   *
   * @param device address of the slot's GPU; null: none
   */
  public DriverLink(
      BarrierTaskContext context,
      JobIdentity identity,
      int attempt,
      TaskPlacement place,
      String device) {
    this.context = context;
    this.identity = identity;
    this.place = place;
    SparkEnv env = SparkEnv.get();
    this.driver = RpcUtils.makeDriverRef(identity.endpoint(), env.conf(), env.rpcEnv());
    this.heartbeat =
        new Heartbeat(
            attempt,
            new SlotPlace(
                place.slot(),
                env.blockManager().blockManagerId().host(),
                env.executorId(),
                device));
    byte[] alive = identity.seal(heartbeat);
    heartbeats.scheduleAtFixedRate(
        () -> driver.send(alive),
        0,
        SlotRendezvous.heartbeatInterval(identity.timeout()).toMillis(),
        TimeUnit.MILLISECONDS);
  }

  /** Address of the slot's GPU; null: none. */
  public String device() {
    return heartbeat.place().device();
  }

  /** Address of this executor that other executors can reach. */
  public String host() {
    return heartbeat.place().host();
  }

  /** Which attempt at the job this is, from 0. */
  public int attempt() {
    return heartbeat.attempt();
  }

  /**
   * Waits until all slots have come; returns their addresses, by slot.
   *
   * @throws CollectiveException if one is silent for too long, or this attempt is over
   */
  public List<PeerAddress> meet(PeerAddress mine) throws InterruptedException {
    phase = Phase.MEETING;
    byte[] ready = identity.seal(new Ready(heartbeat, mine));
    while (true) {
      RendezvousAnswer answer = identity.openAnswer(ask(ready));
      switch (answer.kind()) {
        case MET -> {
          return answer.addresses();
        }
        case LATE, REFUSED -> throw answer.toException(place.placement(), place.slot());
        case WAIT -> {
          // The driver has seen that this slot is alive.
        }
      }
    }
  }

  private byte[] ask(byte[] message) throws InterruptedException {
    Future<byte[]> answer = driver.ask(message, within(identity.timeout()), BYTES);
    while (!answer.isCompleted()) {
      try {
        Await.ready(answer, GLANCE);
      } catch (TimeoutException e) {
        if (context.isInterrupted()) {
          throw new InterruptedException("Spark has ended the task");
        }
      }
    }
    var outcome = answer.value().get();
    if (outcome.isFailure()) {
      throw RendezvousAnswer.unanswered(place.placement(), place.slot(), outcome.failed().get());
    }
    return outcome.get();
  }

  private static RpcTimeout within(Duration timeout) {
    return new RpcTimeout(
        new FiniteDuration(timeout.toMillis(), TimeUnit.MILLISECONDS), "sync.timeout");
  }

  /** All have met: the driver need not hear of this slot any longer, its peers do. */
  public void stopHeartbeats() {
    phase = Phase.TRAINING;
    heartbeats.shutdownNow();
  }

  /** Tells the driver of steps, without waiting: training does not depend on being watched. */
  public void report(List<StepMetrics> steps) {
    try {
      byte[] message = identity.seal(new Steps(steps));
      answerToSteps = driver.ask(message, within(identity.timeout()), BYTES);
    } catch (Exception e) {
      LOG.debug("a report of steps was not sent", e);
    }
  }

  /** Whether the driver has answered the last report by asking for a state; once. */
  public boolean takeWish() {
    Future<byte[]> answer = answerToSteps;
    if (answer == null || !answer.isCompleted()) {
      return false;
    }
    answerToSteps = null;
    var outcome = answer.value().get();
    return outcome.isSuccess()
        && identity.open(outcome.get()) instanceof Heard heard
        && heard.stateWanted();
  }

  /**
   * Brings this slot's part of a state to the driver.
   *
   * @param slots how many slots send a part
   */
  public void send(SlotSnapshot part, int slots, int stepInEpoch) {
    byte[] all = JavaBytes.of(part);
    for (int at = 0; at < all.length; at += PIECE_BYTES) {
      byte[] bytes = Arrays.copyOfRange(all, at, Math.min(all.length, at + PIECE_BYTES));
      StatePiece piece =
          new StatePiece(attempt(), place.slot(), slots, stepInEpoch, all.length, at, bytes);
      driver.askSync(identity.seal(piece), within(identity.timeout()), BYTES);
    }
  }

  /** Tells the driver why this task is about to fail, as well as it can be told. */
  public void failed(Failed.Kind kind, List<Integer> slots, String message) {
    RankRange mine = place.placement().ranksOfSlot(place.slot());
    Failed words = new Failed(heartbeat, mine, phase, kind, slots, message);
    try {
      driver.askSync(identity.seal(words), within(FAREWELL), BYTES);
    } catch (Exception e) {
      LOG.debug("the driver was not told of a failure", e);
    }
  }

  @Override
  public void close() {
    heartbeats.shutdownNow();
  }
}

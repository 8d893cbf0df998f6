package io.densespark.sync;

import io.densespark.sync.collective.MeetingAnswer;
import io.densespark.sync.collective.MeetingCall;
import io.densespark.sync.collective.MeetingPoint;
import io.densespark.sync.collective.PeerAddress;
import io.densespark.sync.collective.RunSecret;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.commons.lang3.concurrent.BasicThreadFactory;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.rpc.RpcEndpointRef;
import org.apache.spark.rpc.RpcTimeout;
import org.apache.spark.util.RpcUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.concurrent.Await;
import scala.concurrent.Future;
import scala.concurrent.duration.FiniteDuration;
import scala.reflect.ClassTag$;

/**
 * A task's end of its job's meeting, see {@link DriverMeeting}: until it is closed, the driver
 * hears that this slot is alive, however long its preparations take.
 */
final class Presence implements AutoCloseable {

  /** How often a waiting task looks whether Spark wants it to end. */
  private static final FiniteDuration GLANCE = new FiniteDuration(500, TimeUnit.MILLISECONDS);

  private static final FiniteDuration FAREWELL = new FiniteDuration(5, TimeUnit.SECONDS);
  private static final Logger LOG = LoggerFactory.getLogger(Presence.class);

  private final BarrierTaskContext context;
  private final EpochWork work;
  private final TaskPlacement place;
  private final int slot;
  private final RunSecret secret;
  private final String host = SparkEnv.get().blockManager().blockManagerId().host();
  private final RpcEndpointRef driver;
  private final ScheduledExecutorService calls =
      Executors.newSingleThreadScheduledExecutor(
          new BasicThreadFactory.Builder().namingPattern("presence").daemon(true).build());

  private Presence(BarrierTaskContext context, EpochWork work, TaskPlacement place) {
    this.context = context;
    this.place = place;
    this.slot = place.slot();
    this.work = work;
    this.secret = RunSecret.decode(work.secret());
    SparkEnv env = SparkEnv.get();
    this.driver =
        RpcUtils.makeDriverRef(DriverMeeting.nameOf(work.job()), env.conf(), env.rpcEnv());
  }

  /** Tells the driver that this slot is there. */
  static Presence begin(BarrierTaskContext context, EpochWork work, TaskPlacement place) {
    Presence presence = new Presence(context, work, place);
    byte[] alive = presence.call(null);
    presence.calls.scheduleAtFixedRate(
        () -> presence.driver.send(alive),
        0,
        MeetingPoint.callInterval(work.timeout()).toMillis(),
        TimeUnit.MILLISECONDS);
    return presence;
  }

  /** Address of this executor that other executors can reach. */
  String host() {
    return host;
  }

  /**
   * Waits until all slots have come; returns their addresses, by slot.
   *
   * @throws io.densespark.sync.collective.CollectiveException if one is silent for too long, or
   *     this attempt is over
   */
  List<PeerAddress> meet(PeerAddress mine) throws InterruptedException {
    byte[] ready = call(mine);
    while (true) {
      MeetingAnswer answer = MeetingAnswer.open(secret, work.job(), ask(ready));
      switch (answer.kind()) {
        case MET -> {
          return answer.addresses();
        }
        case LATE, REFUSED -> throw answer.toException(place.placement(), slot);
        case WAIT -> {
          // The driver has seen that this slot is alive.
        }
      }
    }
  }

  private byte[] ask(byte[] message) throws InterruptedException {
    Duration patience = work.timeout();
    Future<byte[]> answer =
        driver.ask(
            message,
            new RpcTimeout(
                new FiniteDuration(patience.toMillis(), TimeUnit.MILLISECONDS), "sync.timeout"),
            ClassTag$.MODULE$.apply(byte[].class));
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
      Throwable failure = outcome.failed().get();
      throw MeetingAnswer.unanswered(
          place.placement(),
          slot,
          failure instanceof Exception e ? e : new IllegalStateException(failure));
    }
    return outcome.get();
  }

  private byte[] call(PeerAddress address) {
    return new MeetingCall(
            work.attempt(), context.stageAttemptNumber(), slot, host, executorId(), address)
        .seal(secret, work.job());
  }

  /** Tells the driver why this task is about to fail, as well as it can be told. */
  void failed(SlotFailure failure) {
    SlotFailed message =
        new SlotFailed(work.attempt(), context.stageAttemptNumber(), executorId(), slot, failure);
    try {
      driver.askSync(
          message.seal(secret, work.job()),
          new RpcTimeout(FAREWELL, "a farewell"),
          ClassTag$.MODULE$.apply(byte[].class));
    } catch (Exception e) {
      LOG.debug("the driver was not told of a failure", e);
    }
  }

  private static String executorId() {
    return SparkEnv.get().executorId();
  }

  /** The driver need not hear of this slot any longer: its peers do. */
  void stopCalling() {
    calls.shutdownNow();
  }

  @Override
  public void close() {
    calls.shutdownNow();
  }
}

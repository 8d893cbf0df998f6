package io.densespark.sync;

import io.densespark.sync.collective.MeetingAnswer;
import io.densespark.sync.collective.MeetingCall;
import io.densespark.sync.collective.MeetingPoint;
import io.densespark.sync.collective.RunSecret;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.spark.SparkEnv;
import org.apache.spark.rpc.RpcCallContext;
import org.apache.spark.rpc.RpcEndpointRef;
import org.apache.spark.rpc.RpcEnv;
import org.apache.spark.rpc.ThreadSafeRpcEndpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.PartialFunction;
import scala.runtime.AbstractPartialFunction;
import scala.runtime.BoxedUnit;

/**
 * The driver's end of a job's meetings: an endpoint of Spark's own RPC, so that no further port is
 * opened and Spark's authentication and encryption hold for it. It lives as long as the job.
 *
 * <p>Messages are byte arrays: an executor's RPC cannot load the job's classes.
 */
final class DriverMeeting implements ThreadSafeRpcEndpoint, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DriverMeeting.class);

  private final RpcEnv rpc;
  private final RunSecret secret;
  private final String job;
  private final int worldSize;
  private final Duration patience;
  private final ScheduledExecutorService ticks =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "meeting");
            thread.setDaemon(true);
            return thread;
          });
  private RpcEndpointRef reference;
  private MeetingPoint current;

  private DriverMeeting(
      RpcEnv rpc, RunSecret secret, String job, int worldSize, Duration patience) {
    this.rpc = rpc;
    this.secret = secret;
    this.job = job;
    this.worldSize = worldSize;
    this.patience = patience;
  }

  /** Opens the meetings of a job; tasks find them under {@link #nameOf}. */
  static DriverMeeting open(RunSecret secret, String job, int worldSize, Duration patience) {
    DriverMeeting meeting =
        new DriverMeeting(SparkEnv.get().rpcEnv(), secret, job, worldSize, patience);
    meeting.reference = meeting.rpc.setupEndpoint(nameOf(job), meeting);
    long tick = Math.max(1, MeetingPoint.callInterval(patience).toMillis() / 4);
    meeting.ticks.scheduleWithFixedDelay(meeting::tick, tick, tick, TimeUnit.MILLISECONDS);
    return meeting;
  }

  /** The endpoint's name for a job. */
  static String nameOf(String job) {
    return "densespark-" + job.replace('/', '-');
  }

  /**
   * Makes room for the next attempt; earlier ones are refused from now on.
   *
   * @param startPatience how long a task may take to begin
   */
  synchronized void expect(int attempt, Duration startPatience) {
    replace(attempt, 0, startPatience);
  }

  private void replace(int attempt, int stageAttempt, Duration startPatience) {
    if (current != null) {
      current.end("a later attempt is under way");
    }
    current =
        new MeetingPoint(
            attempt, stageAttempt, worldSize, startPatience, patience, System::nanoTime);
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

  private void hear(byte[] sealed, RpcCallContext context) {
    MeetingCall call = MeetingCall.open(secret, job, sealed);
    if (call == null) {
      LOG.warn("refused a call that does not know the run's secret");
      if (context != null) {
        context.sendFailure(new SecurityException("this is not a call of this run"));
      }
      return;
    }
    MeetingPoint meeting = meetingOf(call);
    if (context == null || call.address() == null) {
      meeting.heard(call);
      return;
    }
    meeting.arrived(call, (MeetingAnswer answer) -> context.reply(answer.seal(secret, job)));
  }

  /** Spark may run a stage again by itself, which begins a meeting of its own. */
  private synchronized MeetingPoint meetingOf(MeetingCall call) {
    if (current.compare(call) > 0) {
      replace(call.attempt(), call.stageAttempt(), patience);
    }
    return current;
  }

  private synchronized void tick() {
    if (current != null) {
      current.tick();
    }
  }

  @Override
  public synchronized void close() {
    ticks.shutdownNow();
    if (current != null) {
      current.end("the job is over");
    }
    rpc.stop(reference);
  }
}

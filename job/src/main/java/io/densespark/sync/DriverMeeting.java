package io.densespark.sync;

import io.densespark.sync.collective.MeetingAnswer;
import io.densespark.sync.collective.MeetingCall;
import io.densespark.sync.collective.MeetingPoint;
import io.densespark.sync.collective.RunSecret;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.commons.lang3.concurrent.BasicThreadFactory;
import org.apache.spark.rpc.RpcCallContext;
import org.apache.spark.rpc.ThreadSafeRpcEndpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The driver's end of a job's meetings, where tasks call; it lives as long as the job. */
final class DriverMeeting extends JobEndpoint implements ThreadSafeRpcEndpoint {

  private static final Logger LOG = LoggerFactory.getLogger(DriverMeeting.class);

  private static final byte[] HEARD = {1};

  private final Duration patience;
  private final ScheduledExecutorService ticks =
      Executors.newSingleThreadScheduledExecutor(
          new BasicThreadFactory.Builder().namingPattern("meeting").daemon(true).build());
  private MeetingPoint current;
  private int slots;
  private final Map<Integer, SlotFailed> failures = new ConcurrentHashMap<>();

  /** By slot, its executor. */
  private final Map<Integer, String> executors = new ConcurrentHashMap<>();

  private Runnable onAbandoned = () -> {};

  private DriverMeeting(RunSecret secret, String job, Duration patience) {
    super(secret, job);
    this.patience = patience;
  }

  /** Opens the meetings of a job; tasks find them under {@link #nameOf}. */
  static DriverMeeting open(RunSecret secret, String job, Duration patience) {
    DriverMeeting meeting = new DriverMeeting(secret, job, patience);
    meeting.openAs(nameOf(job));
    long tick = Math.max(1, MeetingPoint.callInterval(patience).toMillis() / 4);
    meeting.ticks.scheduleWithFixedDelay(meeting::tick, tick, tick, TimeUnit.MILLISECONDS);
    return meeting;
  }

  /** The endpoint's name for a job. */
  static String nameOf(String job) {
    return nameOf("meeting", job);
  }

  /**
   * Makes room for the next attempt; earlier ones are refused from now on.
   *
   * @param expectedSlots how many slots will come
   * @param startPatience how long a task may take to begin
   * @param onAbandoned is run once if no task has begun by then
   */
  synchronized void expect(
      int attempt, int expectedSlots, Duration startPatience, Runnable onAbandoned) {
    this.slots = expectedSlots;
    failures.clear();
    executors.clear();
    this.onAbandoned = onAbandoned;
    replace(attempt, 0, startPatience);
  }

  private void replace(int attempt, int stageAttempt, Duration startPatience) {
    if (current != null) {
      current.end("a later attempt is under way");
    }
    current =
        new MeetingPoint(attempt, stageAttempt, slots, startPatience, patience, System::nanoTime);
  }

  @Override
  void hear(byte[] sealed, RpcCallContext context) {
    SlotFailed failed = SlotFailed.open(secret, job, sealed);
    if (failed != null) {
      failures.putIfAbsent(failed.slot(), failed);
      if (context != null) {
        context.reply(HEARD);
      }
      return;
    }
    MeetingCall call = MeetingCall.open(secret, job, sealed);
    if (call == null) {
      LOG.warn("refused a call that does not know the run's secret");
      refuse(context);
      return;
    }
    executors.put(call.slot(), call.executor());
    MeetingPoint meeting = meetingOf(call);
    if (context == null || call.address() == null) {
      meeting.heard(call);
      return;
    }
    meeting.arrived(call, (MeetingAnswer answer) -> context.reply(answer.seal(secret, job)));
  }

  /** What slots of this attempt have said before their tasks failed. */
  Collection<SlotFailed> failures() {
    return failures.values();
  }

  /** Executors that others have waited for in vain, and from which no slot has said a word. */
  Set<String> silentExecutors() {
    Set<String> waitedFor = new TreeSet<>();
    for (SlotFailed one : failures.values()) {
      if (one.failure().kind() == SlotFailure.Kind.TIMEOUT) {
        one.failure().slots().stream()
            .map(executors::get)
            .filter(Objects::nonNull)
            .forEach(waitedFor::add);
      }
    }
    failures.values().forEach(one -> waitedFor.remove(one.executor()));
    return waitedFor;
  }

  /** Spark may run a stage again by itself, which begins a meeting of its own. */
  private synchronized MeetingPoint meetingOf(MeetingCall call) {
    if (current.compare(call) > 0) {
      replace(call.attempt(), call.stageAttempt(), patience);
    }
    return current;
  }

  private void tick() {
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
  public synchronized void close() {
    ticks.shutdownNow();
    if (current != null) {
      current.end("the job is over");
    }
    super.close();
  }
}

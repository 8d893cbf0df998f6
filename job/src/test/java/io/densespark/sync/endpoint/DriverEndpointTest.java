package io.densespark.sync.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.sync.SlotPlace;
import io.densespark.sync.endpoint.SlotMessage.Failed;
import io.densespark.sync.endpoint.SlotMessage.Heard;
import io.densespark.sync.endpoint.SlotMessage.Heartbeat;
import io.densespark.sync.endpoint.SlotMessage.Ready;
import io.densespark.sync.endpoint.SlotMessage.StatePiece;
import io.densespark.sync.endpoint.SlotMessage.Steps;
import io.densespark.sync.links.PeerAddress;
import io.densespark.sync.links.RunSecret;
import io.densespark.sync.master.KeptStates;
import io.densespark.sync.master.LocalSpark;
import io.densespark.sync.tree.RankRange;
import io.densespark.train.GradientNoise;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.apache.spark.rpc.RpcAddress;
import org.apache.spark.rpc.RpcCallContext;
import org.apache.spark.scheduler.ExecutorDecommission;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import scala.Option;

/** What slots tell the driver. */
class DriverEndpointTest {

  private static final RunSecret SECRET = RunSecret.random();
  private static final String JOB = "run/0/job";
  private static final JobIdentity IDENTITY = identity(SECRET, JOB);

  @RegisterExtension static final LocalSpark SPARK = new LocalSpark(1);

  private final List<Integer> told = new ArrayList<>();

  @Test
  void everyStepIsReportedOnceAndNoMoreOftenThanEveryTwoSeconds() {
    AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1);
    List<List<Integer>> reports = new ArrayList<>();
    StepReports sender = new StepReports(clock::get, report -> reports.add(numbers(report)));
    List<StepMetrics> steps = new ArrayList<>(steps(1, 2));

    for (int next = 3; next <= 8; next++) {
      steps.addAll(steps(next));
      sender.report(steps);
      clock.addAndGet(Duration.ofMillis(900).toNanos());
    }

    assertThat(reports).containsExactly(List.of(1, 2, 3), List.of(4, 5, 6));
  }

  @Test
  void stepsAreToldOnceAndInOrderWhateverIsReportedAgain() {
    ToldSteps steps = toldAfter(3);

    steps.tell(steps(4, 5));
    // An attempt that goes on begins with all steps of the epoch.
    steps.tell(steps(1, 2, 3, 4, 5, 6));
    steps.tell(steps(1, 2, 3, 4, 5, 6, 7));

    assertThat(told).containsExactly(4, 5, 6, 7);
  }

  @Test
  void whatFollowsALostReportWaitsForTheEnd() {
    ToldSteps steps = toldAfter(0);
    steps.tell(steps(1, 2));
    steps.tell(steps(4, 5));
    assertThat(told).containsExactly(1, 2);

    steps.tell(steps(1, 2, 3, 4, 5, 6));

    assertThat(told).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void messagesCarryEveryComponentAndOnlyThoseOfTheJobAreBelieved() {
    int attempt = 2;
    Heartbeat heartbeat = new Heartbeat(attempt, new SlotPlace(3, "host", "7", "2"));
    List<SlotMessage> messages =
        List.of(
            heartbeat,
            new Ready(heartbeat, new PeerAddress("host", 4000)),
            new Failed(
                heartbeat,
                new RankRange(4, 6),
                Failed.Phase.MEETING,
                Failed.Kind.TIMEOUT,
                List.of(1, 2),
                "late"),
            new Steps(steps(7, 8)),
            new Heard(true));
    for (SlotMessage message : messages) {
      byte[] sealed = IDENTITY.seal(message);
      assertThat(IDENTITY.open(sealed)).isEqualTo(message);
      assertThat(identity(SECRET, "another/0/job").open(sealed)).isNull();
      assertThat(identity(RunSecret.random(), JOB).open(sealed)).isNull();
      // What a slot said cannot be played back to it.
      assertThatThrownBy(() -> IDENTITY.openAnswer(sealed)).hasMessageContaining("not of this run");
      sealed[sealed.length / 2] ^= 1;
      assertThat(IDENTITY.open(sealed)).isNull();
    }
    assertThat(IDENTITY.open(new byte[3])).isNull();
    RendezvousAnswer answer = RendezvousAnswer.late(List.of(1), "why");
    assertThat(IDENTITY.openAnswer(IDENTITY.seal(answer))).isEqualTo(answer);
  }

  @Test
  void aSilentExecutorIsOneThatOthersWaitedForAndThatSaysNothing() {
    try (DriverEndpoint driver = driver(new StateAssembly(null, null), executor -> false)) {
      driver.expect(1, 3, Duration.ofMinutes(1), () -> {});
      int attempt = 1;
      for (int slot = 0; slot < 3; slot++) {
        hear(driver, new Heartbeat(attempt, new SlotPlace(slot, "host", "executor-" + slot, null)));
      }

      hear(driver, failed(attempt, 0, 1, 2));
      hear(driver, failed(attempt, 1, 2));

      assertThat(driver.silentExecutors()).containsExactly("executor-2");
      driver.expect(2, 2, Duration.ofMinutes(1), () -> {});
      assertThat(driver.silentExecutors()).isEmpty();

      // Words of the first attempt that come late say nothing of the second.
      hear(driver, new Heartbeat(attempt, new SlotPlace(1, "host", "executor-9", null)));
      hear(driver, failed(attempt, 0, 1));
      assertThat(driver.failures()).isEmpty();
      int second = 2;
      hear(driver, new Heartbeat(second, new SlotPlace(0, "host", "executor-0", null)));
      hear(driver, failed(second, 0, 1));
      assertThat(driver.failures()).hasSize(1);
      assertThat(driver.silentExecutors()).isEmpty();
    }
  }

  @Test
  void aStateIsWantedFromWhenAnExecutorIsAboutToLeaveUntilOneHasCome() {
    KeptStates kept = new KeptStates();
    StateAssembly states = new StateAssembly(null, kept);
    Set<String> leaving = new HashSet<>();
    try (DriverEndpoint driver = driver(states, leaving::contains)) {
      driver.expect(1, 2, Duration.ofMinutes(1), () -> {});
      int attempt = 1;
      hear(driver, new Heartbeat(attempt, new SlotPlace(0, "host", "a", null)));
      hear(driver, new Heartbeat(attempt, new SlotPlace(1, "host", "b", null)));
      Steps report = new Steps(steps(1));

      assertThat(wantsState(driver, report)).isFalse();
      leaving.add("b");
      assertThat(wantsState(driver, report)).isTrue();
      // It is gone, and nothing has come: what was asked of a slot is lost with its attempt.
      leaving.clear();
      assertThat(wantsState(driver, report)).isTrue();
      hear(driver, piece(attempt, 2, new SlotSnapshot(1, false, stateAt(2), List.of())));
      assertThat(kept.states).isEmpty();
      assertThat(states.newest().step()).isEqualTo(2);
      assertThat(wantsState(driver, report)).isTrue();
      hear(driver, piece(attempt, 3, new SlotSnapshot(1, true, stateAt(3), List.of())));
      assertThat(kept.states).hasSize(1);
      assertThat(states.newest().step()).isEqualTo(3);
      assertThat(wantsState(driver, report)).isFalse();
    }
  }

  @Test
  void anExecutorThatNobodySawLeaveOwesAStateWhenSparkTellsOfItsEnd() {
    LeavingExecutors leaving = new LeavingExecutors(executor -> false);

    leaving.onExecutorRemoved(new SparkListenerExecutorRemoved(0, "a", "Command exited with 137"));
    assertThat(leaving.isStateOwed()).isFalse();
    String decommissioned = new ExecutorDecommission(Option.empty(), "spot").toString();
    leaving.onExecutorRemoved(new SparkListenerExecutorRemoved(0, "b", decommissioned));
    assertThat(leaving.isStateOwed()).isTrue();

    leaving.stateKept();
    leaving.onExecutorRemoved(new SparkListenerExecutorRemoved(0, "b", decommissioned));
    assertThat(leaving.isStateOwed()).isFalse();
  }

  private static TrainingState stateAt(int step) {
    return new TrainingState(0, step, new float[1], new float[0], List.of(), List.of());
  }

  private static StatePiece piece(int attempt, int stepInEpoch, SlotSnapshot part) {
    byte[] bytes = JavaBytes.of(part);
    return new StatePiece(attempt, 0, 1, stepInEpoch, bytes.length, 0, bytes);
  }

  private static boolean wantsState(DriverEndpoint driver, SlotMessage report) {
    List<Object> answers = new ArrayList<>();
    driver.hear(
        IDENTITY.seal(report),
        new RpcCallContext() {
          @Override
          public void reply(Object response) {
            answers.add(response);
          }

          @Override
          public void sendFailure(Throwable e) {
            throw new AssertionError(e);
          }

          @Override
          public RpcAddress senderAddress() {
            return null;
          }
        });
    assertThat(answers).hasSize(1);
    return ((Heard) IDENTITY.open((byte[]) answers.get(0))).stateWanted();
  }

  private static JobIdentity identity(RunSecret secret, String job) {
    return new JobIdentity(job, secret, Duration.ofMinutes(1));
  }

  private DriverEndpoint driver(StateAssembly states, Predicate<String> isLeaving) {
    return new DriverEndpoint(IDENTITY, toldAfter(0), states, new LeavingExecutors(isLeaving));
  }

  private static Failed failed(int attempt, int slot, Integer... waitedFor) {
    Heartbeat from = new Heartbeat(attempt, new SlotPlace(slot, "host", "executor", null));
    return new Failed(
        from,
        RankRange.of(slot),
        Failed.Phase.TRAINING,
        Failed.Kind.TIMEOUT,
        List.of(waitedFor),
        "late");
  }

  private static void hear(DriverEndpoint driver, SlotMessage message) {
    driver.hear(IDENTITY.seal(message), null);
  }

  private ToldSteps toldAfter(int lastStep) {
    return new ToldSteps(step -> told.add(step.step()), lastStep);
  }

  private static List<StepMetrics> steps(int... numbers) {
    return Arrays.stream(numbers)
        .mapToObj(
            number -> new StepMetrics(number, 1, 20, 0.5, 0.1, 1, 2, 3, 4, 5, GradientNoise.NONE))
        .toList();
  }

  private static List<Integer> numbers(List<StepMetrics> steps) {
    return steps.stream().map(StepMetrics::step).toList();
  }
}

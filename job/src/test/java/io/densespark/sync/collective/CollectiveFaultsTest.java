package io.densespark.sync.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.sync.collective.Ranks.Outcome;
import io.densespark.sync.collective.Ranks.Transport;
import io.densespark.sync.links.CollectiveException;
import io.densespark.sync.links.CollectiveException.Reason;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A rank that fails, in every way we could think of: the others learn it, soon, and nobody hangs.
 */
class CollectiveFaultsTest {
  private static final Duration SHORT = Duration.ofSeconds(2);
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private static void sum(Collective collective, int length) {
    Ranks.sum(collective, new float[length], 0, length);
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "IN_JVM", "HALVING"})
  void differentLengthsNameBothRanks(Transport transport) {
    List<Outcome<Object>> outcomes =
        Ranks.outcomes(
            transport,
            2,
            Ranks.TIMEOUT,
            collective -> {
              collective.beginStep(12);
              sum(collective, 100 + collective.slot());
              return null;
            });
    assertAllFailed(outcomes, Reason.MISMATCH);
    assertThat(outcomes)
        .anySatisfy(
            outcome ->
                assertThat(outcome.failure())
                    .hasFieldOrPropertyWithValue("reason", Reason.MISMATCH)
                    .hasMessageContaining("rank 0")
                    .hasMessageContaining("rank 1")
                    .hasMessageContaining("100 values")
                    .hasMessageContaining("101 values")
                    .hasMessageContaining("step 12"));
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "IN_JVM", "HALVING"})
  void differentStepsAreNoSum(Transport transport) {
    List<Outcome<Object>> outcomes =
        Ranks.outcomes(
            transport,
            3,
            Ranks.TIMEOUT,
            collective -> {
              collective.beginStep(collective.slot() == 2 ? 8 : 7);
              sum(collective, 10);
              return null;
            });
    assertAllFailed(outcomes, Reason.MISMATCH);
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "IN_JVM", "HALVING"})
  void differentOperationsAreNoMatch(Transport transport) {
    assertAllFailed(
        Ranks.outcomes(
            transport,
            2,
            Ranks.TIMEOUT,
            collective -> {
              if (collective.slot() == 0) {
                collective.barrier();
              } else {
                sum(collective, 10);
              }
              return null;
            }),
        Reason.MISMATCH);
  }

  private static void assertAllFailed(List<? extends Outcome<?>> outcomes, Reason reason) {
    assertThat(outcomes)
        .allSatisfy(
            outcome -> {
              assertThat(outcome.failure()).isInstanceOf(CollectiveException.class);
              assertThat(((CollectiveException) outcome.failure()).reason()).isEqualTo(reason);
            });
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "IN_JVM", "HALVING"})
  void everyoneNamesTheRankThatStalls(Transport transport) {
    CountDownLatch others = new CountDownLatch(3);
    List<Outcome<Ranks.Failed>> outcomes =
        Ranks.outcomes(
            transport,
            4,
            SHORT,
            collective -> {
              if (collective.slot() == 2) {
                others.await();
                return null;
              }
              try {
                return Ranks.failureOf(() -> sum(collective, 100_000));
              } finally {
                others.countDown();
              }
            });
    for (int rank : new int[] {0, 1, 3}) {
      Ranks.Failed failed = outcomes.get(rank).orThrow();
      assertThat(failed.failure().reason()).isEqualTo(Reason.TIMEOUT);
      assertThat(failed.failure().ranks()).containsExactly(2);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "IN_JVM", "HALVING"})
  void aRankThatFailsInAnOperationTellsTheOthersWhy(Transport transport) {
    List<Outcome<Ranks.Failed>> outcomes =
        Ranks.outcomes(
            transport,
            3,
            Ranks.TIMEOUT,
            collective -> {
              if (collective.slot() == 1) {
                assertThatThrownBy(
                        () ->
                            collective.allGather(
                                ByteBuffer.allocate(1),
                                1,
                                (slot, bytes) -> {
                                  throw new IllegalStateException("no memory is left");
                                }))
                    .hasMessage("no memory is left");
                return null;
              }
              return Ranks.failureOf(
                  () -> {
                    collective.allGather(ByteBuffer.allocate(1), 1, (slot, bytes) -> {});
                    sum(collective, 100_000);
                  });
            });
    for (int rank : new int[] {0, 2}) {
      Ranks.Failed failed = outcomes.get(rank).orThrow();
      assertThat(failed.failure().reason()).isEqualTo(Reason.ABORTED);
      assertThat(failed.failure()).hasMessageContaining("no memory is left");
      assertThat(failed.failure().ranks()).containsExactly(1);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "IN_JVM", "HALVING"})
  void aRankThatLeavesTooEarlyIsLost(Transport transport) {
    List<Outcome<Ranks.Failed>> outcomes =
        Ranks.outcomes(
            transport,
            3,
            Ranks.TIMEOUT,
            collective ->
                collective.slot() == 1 ? null : Ranks.failureOf(() -> sum(collective, 100_000)));
    for (int rank : new int[] {0, 2}) {
      Ranks.Failed failed = outcomes.get(rank).orThrow();
      assertThat(failed.failure().reason()).isEqualTo(Reason.PEER_LOST);
      assertThat(failed.failure().ranks()).containsExactly(1);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "IN_JVM", "HALVING"})
  void aRankThatIsDoneMayLeaveWhileOthersFinish(Transport transport) {
    for (int round = 0; round < 30; round++) {
      Ranks.run(
          transport,
          4,
          collective -> {
            sum(collective, 50_000);
            collective.barrier();
            return null;
          });
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "IN_JVM", "HALVING"})
  void anInterruptEndsAnOperationEverywhere(Transport transport) {
    Thread[] ofRank1 = new Thread[1];
    List<Outcome<Ranks.Failed>> outcomes =
        Ranks.outcomes(
            transport,
            3,
            Ranks.TIMEOUT,
            collective -> {
              if (collective.slot() == 1) {
                ofRank1[0] = Thread.currentThread();
              }
              collective.barrier();
              if (collective.slot() == 2) {
                Thread.sleep(100);
                ofRank1[0].interrupt();
                Thread.sleep(50);
              }
              Ranks.Failed failed = Ranks.failureOf(() -> sum(collective, 100_000));
              assertThat(Thread.interrupted()).isEqualTo(collective.slot() == 1);
              return failed;
            });
    assertThat(outcomes.get(1).orThrow().failure())
        .hasFieldOrPropertyWithValue("reason", Reason.INTERRUPTED);
    for (int rank : new int[] {0, 2}) {
      assertThat(outcomes.get(rank).orThrow().failure().reason()).isEqualTo(Reason.INTERRUPTED);
      assertThat(outcomes.get(rank).orThrow().failure().ranks()).containsExactly(1);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "IN_JVM", "HALVING"})
  void closingFromAnotherThreadEndsAnOperation(Transport transport) {
    List<Outcome<Ranks.Failed>> outcomes =
        Ranks.outcomes(
            transport,
            2,
            Ranks.TIMEOUT,
            collective -> {
              if (collective.slot() == 0) {
                Future<?> closing =
                    threads.submit(
                        () -> {
                          Thread.sleep(100);
                          collective.close();
                          return null;
                        });
                Ranks.Failed failed = Ranks.failureOf(() -> sum(collective, 10));
                closing.get();
                return failed;
              }
              Thread.sleep(300);
              return Ranks.failureOf(() -> sum(collective, 10));
            });
    assertThat(outcomes.get(0).orThrow().failure())
        .hasMessageContaining("closed by its own process");
    assertThat(outcomes.get(1).orThrow().failure()).isInstanceOf(CollectiveException.class);
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "IN_JVM", "HALVING"})
  void aBrokenCollectiveStaysBrokenAndSaysWhy(Transport transport) {
    Ranks.run(
        transport,
        2,
        collective -> {
          collective.beginStep(collective.slot());
          Ranks.failureOf(() -> sum(collective, 10));
          Ranks.Failed again = Ranks.failureOf(() -> collective.barrier());
          assertThat(again.failure().reason()).isEqualTo(Reason.MISMATCH);
          return null;
        });
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "IN_JVM", "HALVING"})
  void allWeightsZeroFailsEverywhere(Transport transport) {
    assertThat(
            Ranks.outcomes(
                transport,
                2,
                Ranks.TIMEOUT,
                collective -> {
                  Ranks.mean(collective, java.nio.FloatBuffer.allocate(10), 0);
                  return null;
                }))
        .allSatisfy(
            outcome -> assertThat(outcome.failure()).hasMessageContaining("total weight 0"));
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "IN_JVM", "HALVING"})
  void argumentsAreCheckedBeforeAnythingIsSent(Transport transport) {
    Ranks.run(
        transport,
        2,
        collective -> {
          float[] values = new float[3];
          assertThatThrownBy(() -> Ranks.sum(collective, values, 2, 5))
              .isInstanceOf(IndexOutOfBoundsException.class);
          assertThatThrownBy(() -> Ranks.mean(collective, java.nio.FloatBuffer.wrap(values), -1))
              .isInstanceOf(IllegalArgumentException.class);
          sum(collective, 3);
          return null;
        });
  }
}

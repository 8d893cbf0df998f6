package io.densespark.sync.master;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.sync.SnapshotPolicy;
import io.densespark.sync.StepProbe;
import io.densespark.sync.SyncConfig;
import io.densespark.sync.SyncConfig.Mode;
import io.densespark.sync.SyncConfig.WireFormat;
import io.densespark.sync.links.CollectiveException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.learning.config.Nesterovs;

/** A slot is lost, and with it what its ranks have of their own. */
class LostRankStatesTest {

  /** Seven steps an epoch. */
  private static final int[] SIZES = {66, 47, 61};

  private static final int LOCAL_BATCH = 10;
  private static final int EPOCHS = 2;

  /** In the first epoch, behind two averages. */
  private static final int LOST_AT = 5;

  // Tasks are copies of what the driver has made: here they are in its process.
  private static final AtomicInteger LOSSES = new AtomicInteger();
  private static final List<Integer> COMPUTED = new CopyOnWriteArrayList<>();
  private static volatile KeptStates kept;

  @RegisterExtension static final LocalSpark SPARK = new LocalSpark(2);

  static Stream<SyncConfig> ways() {
    return Stream.of(
        way(Mode.GRADIENT_SHARING, WireFormat.THRESHOLD),
        way(Mode.PARAMETER_AVERAGING, WireFormat.FP32));
  }

  @ParameterizedTest
  @MethodSource("ways")
  void theEpochGoesOnFromTheNewestStateThatTheDriverHas(SyncConfig way) {
    float[] undisturbed = train(way, (rank, step) -> {});

    LOSSES.set(0);
    COMPUTED.clear();
    float[] disturbed = train(way, LostRankStatesTest::loseRankTwoOnce);

    assertThat(disturbed).containsExactly(undisturbed);
    assertThat(LOSSES).hasValueGreaterThan(1);
    assertThat(Collections.frequency(COMPUTED, 1)).as("first step of the epoch").isEqualTo(1);
  }

  private static void loseRankTwoOnce(int rank, int step) {
    if (rank != 2) {
      return;
    }
    COMPUTED.add(step);
    if (step == LOST_AT && LOSSES.getAndIncrement() == 0) {
      try {
        assertThat(kept.first.await(1, TimeUnit.MINUTES)).isTrue();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      throw new CollectiveException(
          CollectiveException.Reason.PEER_LOST, List.of(rank), "rank 2 is lost", null);
    }
  }

  private static float[] train(SyncConfig way, StepProbe probe) {
    kept = new KeptStates();
    TrainingMasterBuilder settings =
        CompiledTrainingMaster.builder(SIZES.length * LOCAL_BATCH)
            .sync(way)
            .seed(5)
            .snapshots(new SnapshotPolicy(1, Duration.ZERO), kept)
            .probe(probe);
    ComputationGraph graph = SyncNets.graph(new Nesterovs(0.05, 0.9), true);
    return SyncNets.trained(SPARK.context(), settings, graph, SIZES, EPOCHS);
  }

  private static SyncConfig way(Mode mode, WireFormat format) {
    return new SyncConfig(
        mode,
        OptionalInt.of(SIZES.length),
        2,
        0,
        false,
        Duration.ofMinutes(1),
        format,
        1,
        Optional.empty(),
        SyncConfig.ExchangeRule.AUTO);
  }
}

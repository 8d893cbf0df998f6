package io.densespark.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.Plan;
import io.densespark.train.Replica;
import io.densespark.train.TrainingState;
import io.densespark.train.UpdateConfig;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Batches that are copied while the step before them runs. */
class BatchesTest {

  private static final FakeCuda FAKE = FakeCuda.SHARED;
  private static final int STEPS = 5;

  private final ComputationGraph network = new ComputationGraph(CudaEngineTest.graph());
  private TrainingState start;
  private float[] expected;

  @BeforeEach
  void trainBatchByBatch() {
    network.init();
    network.getUpdater();
    start = TrainingState.of(network);
    try (Replica replica = replica()) {
      for (int step = 0; step < STEPS; step++) {
        replica.gradient(features(step), CudaEngineTest.labels(), step);
        replica.apply(CudaEngineTest.BATCH);
      }
      expected = replica.state().parameters();
    }
    assertThat(expected).doesNotContain(Float.NaN).isNotEqualTo(start.parameters());
  }

  @AfterEach
  void lateStreamsAgain() {
    FAKE.eagerStreams(false);
    assertThat(FAKE.faults()).isZero();
  }

  /**
   * Late copies show a step that does not wait for its batch or memory that is filled again before
   * it was copied, early ones a batch overwritten on the device. A batch that is left brings the
   * next one into the place of that under way.
   */
  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void stepsSeeTheirBatchesWheneverTheCopiesAreMade(boolean eager, boolean leaving) {
    FAKE.eagerStreams(eager);
    assertThat(trainAhead(leaving)).isEqualTo(expected);
  }

  /** Batch by batch through the same arrays, as batches are assembled. */
  private float[] trainAhead(boolean leaving) {
    INDArray features = features(0);
    INDArray labels = CudaEngineTest.labels();
    try (Replica replica = replica()) {
      Replica.LocalBatch[] next = {replica.prepare(features, labels)};
      for (int step = 0; step < STEPS; step++) {
        int following = step + 1;
        features.assign(Float.NaN);
        replica.gradient(
            next[0],
            step,
            () -> {
              if (leaving) {
                replica.prepare(features, labels);
              }
              features.assign(features(following));
              next[0] = replica.prepare(features, labels);
            });
        replica.apply(CudaEngineTest.BATCH);
      }
      return replica.state().parameters();
    }
  }

  private static INDArray features(int step) {
    return CudaEngineTest.features().muli(1 + step);
  }

  private Replica replica() {
    Plan plan = FAKE.engine().compile(CudaEngineTest.graph(), CudaEngineTest.config("0"));
    ComputationGraph graph = new ComputationGraph(CudaEngineTest.graph());
    graph.init();
    Replica replica = new Replica(graph, plan, UpdateConfig.PLAIN);
    replica.restore(start);
    return replica;
  }
}

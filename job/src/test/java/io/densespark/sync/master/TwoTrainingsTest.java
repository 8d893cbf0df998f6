package io.densespark.sync.master;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.sync.SyncConfig;
import io.densespark.sync.SyncConfig.Mode;
import io.densespark.sync.SyncConfig.WireFormat;
import io.densespark.train.FlatVectors;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;

/** Two trainings in one process do not disturb each other. */
class TwoTrainingsTest {

  private static final int[] SIZES = {34, 27, 33};
  private static final int LOCAL_BATCH = 10;
  private static final int EPOCHS = 4;

  /** Slots for both. */
  @RegisterExtension static final LocalSpark SPARK = new LocalSpark(4);

  /** One of a mode, a net and a seed of its own. */
  private static final class Training implements AutoCloseable {
    private final ComputationGraph graph;
    private final CompiledTrainingMaster master;
    private final SparkComputationGraph network;
    private final JavaRDD<DataSet> data;

    private Training(JavaSparkContext spark, Mode mode, IUpdater updater, long seed) {
      SyncConfig sync =
          new SyncConfig(mode, OptionalInt.of(2), 2, 0, Duration.ofMinutes(5), WireFormat.FP32);
      graph = SyncNets.graph(updater, true);
      master = CompiledTrainingMaster.builder(2 * LOCAL_BATCH).sync(sync).seed(seed).build();
      network = new SparkComputationGraph(spark, graph, master);
      data = spark.parallelize(SyncNets.shards(SIZES), SIZES.length);
    }

    static Training sharing() {
      return new Training(SPARK.context(), Mode.GRADIENT_SHARING, new Nesterovs(0.05, 0.9), 3);
    }

    static Training averaging() {
      return new Training(SPARK.context(), Mode.PARAMETER_AVERAGING, new Adam(0.01), 4);
    }

    void epochs(int number) {
      for (int epoch = 0; epoch < number; epoch++) {
        network.fit(data);
      }
    }

    float[] parameters() {
      return FlatVectors.toArray(graph.params());
    }

    float[] trainedToTheEnd() {
      try (this) {
        epochs(EPOCHS);
      }
      return parameters();
    }

    @Override
    public void close() {
      master.close();
    }
  }

  @Test
  void epochsInTurnAndTheEndOfOneChangeNothingForTheOther() {
    float[] alone = Training.sharing().trainedToTheEnd();
    float[] otherAlone = Training.averaging().trainedToTheEnd();

    try (Training one = Training.sharing()) {
      try (Training other = Training.averaging()) {
        for (int epoch = 0; epoch < EPOCHS / 2; epoch++) {
          one.epochs(1);
          other.epochs(2);
        }
        assertThat(other.parameters()).containsExactly(otherAlone);
      }
      one.epochs(EPOCHS / 2);
      assertThat(one.parameters()).containsExactly(alone);
    }
  }

  @Test
  void bothAtOnceHaveTheBitsOfEachAlone() throws Exception {
    float[] alone = Training.sharing().trainedToTheEnd();
    float[] otherAlone = Training.averaging().trainedToTheEnd();

    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Future<float[]>> both =
          List.of(
              threads.submit(() -> Training.sharing().trainedToTheEnd()),
              threads.submit(() -> Training.averaging().trainedToTheEnd()));
      assertThat(both.get(0).get()).containsExactly(alone);
      assertThat(both.get(1).get()).containsExactly(otherAlone);
    } finally {
      threads.shutdownNow();
    }
  }
}

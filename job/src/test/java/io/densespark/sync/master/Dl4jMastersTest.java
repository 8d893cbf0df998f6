package io.densespark.sync.master;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

class Dl4jMastersTest {

  private static final int BATCHES = 16;
  private static final int BATCH = 16;
  private static final int REPLICAS = 2;

  @Test
  void gradientSharingLearnsAndItsSchedulesGoOnFromEpochToEpoch() {
    List<DataSet> batches = SyncNets.shards(IntStream.range(0, BATCHES).map(i -> BATCH).toArray());
    DataSet all = DataSet.merge(batches);
    // At rest after the steps that a replica makes in two epochs.
    int stepsOfAReplica = 2 * BATCHES / REPLICAS;
    Sgd updater =
        new Sgd(new MapSchedule(ScheduleType.ITERATION, Map.of(0, 0.5, stepsOfAReplica, 0.0)));
    ComputationGraph graph = SyncNets.graph(updater, false);
    double before = graph.score(all);
    SparkConf conf =
        new SparkConf()
            .setMaster("local[" + REPLICAS + "]")
            .setAppName("dl4j")
            .set("spark.ui.enabled", "false")
            .set("spark.driver.host", "127.0.0.1");
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      JavaRDD<DataSet> data = spark.parallelize(batches, REPLICAS).cache();
      SparkComputationGraph trained =
          new SparkComputationGraph(
              spark, graph, Dl4jMasters.gradientSharing(spark, BATCH, REPLICAS));

      trained.fit(data);
      double first = trained.getNetwork().score(all);
      trained.fit(data);
      double second = trained.getNetwork().score(all);
      INDArray atRest = trained.getNetwork().params().dup();
      trained.fit(data);

      assertThat(first).isLessThan(before);
      assertThat(second).isLessThan(first);
      assertThat(trained.getNetwork().params().distance2(atRest)).isZero();
    }
  }

  @Test
  void executorsFindTheirAddressByTheDriversNetwork() {
    assertThat(Dl4jMasters.maskOf("10.1.2.3")).isEqualTo("10.1.0.0/16");
    assertThat(Dl4jMasters.maskOf("127.0.0.1")).isNull();
  }
}

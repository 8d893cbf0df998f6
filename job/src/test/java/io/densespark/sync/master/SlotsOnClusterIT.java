package io.densespark.sync.master;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.cluster.StandaloneCluster;
import io.densespark.sync.SlotPlace;
import io.densespark.sync.StepObserver;
import io.densespark.train.StepMetrics;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Eight ranks on two executors that are unequal: one of one slot, one of three. */
final class SlotsOnClusterIT {

  @RegisterExtension static final StandaloneCluster CLUSTER = new StandaloneCluster(1, Map.of());

  private final List<List<SlotPlace>> places = new CopyOnWriteArrayList<>();

  private final StepObserver observer =
      new StepObserver() {
        @Override
        public void onStep(StepMetrics step) {}

        @Override
        public void onPlaced(List<SlotPlace> slots) {
          places.add(slots);
        }
      };

  @Test
  void eightRanksGiveTheBitsOfOneSlotInEveryWayOfTraining() {
    Map<String, float[]> expected = SlotsTest.trainedOn(1);
    CLUSTER.grow(2, 3);
    SparkConf conf =
        new SparkConf()
            .setMaster(CLUSTER.url())
            .setAppName("slots")
            .set("spark.executor.extraClassPath", System.getProperty("densespark.jar"))
            .set("spark.driver.host", "127.0.0.1")
            .set("spark.executor.memory", "1g")
            .set("spark.executorEnv.OMP_NUM_THREADS", "1")
            .set("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s")
            .set("spark.ui.enabled", "false");
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      SlotsTest.assertSame(
          SlotsTest.trained(spark, observer), expected, "executors of one and three slots");
    }

    assertThat(places.stream().map(SlotsOnClusterIT::slotsOfExecutors))
        .isNotEmpty()
        .allSatisfy(slots -> assertThat(slots).containsExactly(1L, 3L));
  }

  private static List<Long> slotsOfExecutors(List<SlotPlace> slots) {
    return slots.stream()
        .collect(Collectors.groupingBy(SlotPlace::executor, TreeMap::new, Collectors.counting()))
        .values()
        .stream()
        .sorted()
        .toList();
  }
}

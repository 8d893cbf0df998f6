package io.densespark.sync.master;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.cluster.StandaloneCluster;
import io.densespark.sync.SyncConfig;
import io.densespark.sync.SyncConfig.Mode;
import io.densespark.sync.SyncConfig.WireFormat;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.learning.config.Nesterovs;

/** Executors whose processes end by a schedule, one of them and all of them. */
final class LostExecutorsIT {

  /** Four steps an epoch. */
  private static final int[] SIZES = {34, 27};

  private static final int LOCAL_BATCH = 10;
  private static final int EPOCHS = 3;
  private static final long SEED = 5;

  @RegisterExtension static final StandaloneCluster CLUSTER = StandaloneCluster.ofTwoWorkers();

  private static JavaSparkContext spark;

  @TempDir Path notes;

  @BeforeAll
  static void connect() {
    String classes =
        System.getProperty("densespark.jar")
            + File.pathSeparator
            + Path.of("target/test-classes").toAbsolutePath();
    spark =
        new JavaSparkContext(
            new SparkConf()
                .setMaster(CLUSTER.url())
                .setAppName("lost executors")
                .set("spark.executor.extraClassPath", classes)
                .set("spark.driver.host", "127.0.0.1")
                .set("spark.executor.memory", "1g")
                .set("spark.executorEnv.OMP_NUM_THREADS", "1")
                .set("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s")
                .set("spark.ui.enabled", "false"));
  }

  @AfterAll
  static void disconnect() {
    spark.stop();
  }

  @ParameterizedTest
  @EnumSource(names = {"FP32", "THRESHOLD"})
  void processesThatEndCostNoBits(WireFormat format) {
    FaultSchedule schedule =
        FaultSchedule.in(notes).dieAt(1, 3).allDieAt(SIZES.length, 6).dieAt(0, 11);

    float[] disturbed = train(format, schedule);

    assertThat(schedule.left()).isEmpty();
    assertThat(disturbed).containsExactly(train(format, FaultSchedule.in(notes)));
    if (format == WireFormat.FP32) {
      assertThat(disturbed)
          .containsExactly(
              Accumulated.parameters(SIZES, new Nesterovs(0.05, 0.9), LOCAL_BATCH, EPOCHS, SEED));
    }
  }

  private static float[] train(WireFormat format, FaultSchedule schedule) {
    SyncConfig sync =
        new SyncConfig(
            Mode.GRADIENT_SHARING,
            OptionalInt.of(SIZES.length),
            1,
            0,
            Duration.ofSeconds(30),
            format);
    TrainingMasterBuilder settings =
        CompiledTrainingMaster.builder(SIZES.length * LOCAL_BATCH)
            .sync(sync)
            .seed(SEED)
            .probe(schedule);
    ComputationGraph graph = SyncNets.graph(new Nesterovs(0.05, 0.9), true);
    return SyncNets.trained(spark, settings, graph, SIZES, EPOCHS);
  }
}

package io.densespark.job.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;

/** Two runs on one context. */
class CancellationTest {

  private static final CountDownLatch STARTED = new CountDownLatch(2);
  private static final CountDownLatch NEVER = new CountDownLatch(1);
  private static final CountDownLatch CANCELLED = new CountDownLatch(1);

  @Test
  void cancellingARunLeavesAnotherAlone() throws Exception {
    SparkConf conf = new SparkConf().setMaster("local[2]").setAppName("two runs");
    ExecutorService other = Executors.newSingleThreadExecutor();
    ExecutorService canceller = Executors.newSingleThreadExecutor();
    try (JavaSparkContext spark = new JavaSparkContext(conf.set("spark.ui.enabled", "false"))) {
      Future<Long> otherRun = other.submit(() -> jobThatWaitsFor(spark, () -> CANCELLED));
      try (Cancellation cancellation = Cancellation.ofThisThread(spark.sc())) {
        IllegalStateException reason = new IllegalStateException("enough");
        canceller.submit(
            () -> {
              STARTED.await();
              cancellation.cancel(reason);
              return null;
            });

        assertThatThrownBy(() -> jobThatWaitsFor(spark, () -> NEVER))
            .hasMessageContaining("cancelled");
      }
      CANCELLED.countDown();
      assertThat(otherRun.get(1, TimeUnit.MINUTES)).isOne();
    } finally {
      other.shutdownNow();
      canceller.shutdownNow();
    }
  }

  private interface Latch extends java.io.Serializable {
    CountDownLatch get();
  }

  private static long jobThatWaitsFor(JavaSparkContext spark, Latch latch) {
    return spark
        .parallelize(List.of(1), 1)
        .filter(
            one -> {
              STARTED.countDown();
              latch.get().await();
              return true;
            })
        .count();
  }
}

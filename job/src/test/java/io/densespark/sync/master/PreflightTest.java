package io.densespark.sync.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.sync.SyncException;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import scala.Function1;
import scala.collection.Iterator;
import scala.reflect.ClassTag$;

class PreflightTest {

  @ParameterizedTest
  @ValueSource(strings = {"spark.dynamicAllocation.enabled", "spark.speculation"})
  void settingsThatReplicasCannotLiveUnderAreRefused(String setting) {
    try (JavaSparkContext spark = new JavaSparkContext(conf().set(setting, "true"))) {
      assertThatThrownBy(() -> Preflight.requireSettings(spark))
          .isInstanceOfSatisfying(
              SyncException.class,
              e -> assertThat(e.reason()).isEqualTo(SyncException.Reason.PREFLIGHT))
          .hasMessageContaining("set " + setting + "=false");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"spark.network.crypto.enabled", "spark.authenticate.enableSaslEncryption"})
  void encryptionIsGivenWhereItIsDemandedAndNotPretended(String setting) {
    SparkConf conf = conf().set("spark.authenticate", "true").set(setting, "true");

    assertThatThrownBy(() -> Preflight.requirePlainNetwork(conf, false))
        .isInstanceOfSatisfying(
            SyncException.class,
            e -> assertThat(e.reason()).isEqualTo(SyncException.Reason.PREFLIGHT))
        .hasMessageContaining(setting + "=false")
        .hasMessageContaining("sync.mode=gradient-sharing");
    assertThat(Preflight.demandsEncryption(conf)).isTrue();
    assertThat(Preflight.demandsEncryption(conf())).isFalse();
    // In one process nothing travels.
    assertThatCode(() -> Preflight.requirePlainNetwork(conf, true)).doesNotThrowAnyException();
  }

  @Test
  void aSlotIsAsManyCoresAsATaskTakes() {
    try (JavaSparkContext spark =
        new JavaSparkContext(conf().setMaster("local[4]").set("spark.task.cpus", "2"))) {
      assertThat(Preflight.slots(spark)).isEqualTo(2);
      // On one machine no more will come.
      assertThat(Preflight.awaitSlots(spark, 3, 64, Duration.ofHours(1), Duration.ofHours(1)))
          .isEqualTo(2);
    }
  }

  @Test
  void sparksWantOfSlotsIsKnownByItsType() {
    String check = "spark.scheduler.barrier.maxConcurrentTasksCheck.";
    SparkConf conf = conf().set(check + "interval", "1s").set(check + "maxFailures", "1");
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      RDD<Integer> threeOnTwoCores =
          spark
              .parallelize(List.of(1, 2, 3), 3)
              .rdd()
              .barrier()
              .mapPartitions(
                  (Function1<Iterator<Integer>, Iterator<Integer>> & Serializable) one -> one,
                  false,
                  ClassTag$.MODULE$.apply(Integer.class));

      assertThatThrownBy(threeOnTwoCores::collect).matches(EpochJob::isWantOfSlots);
    }
    assertThat(EpochJob.isWantOfSlots(new SparkException("requires more slots"))).isFalse();
  }

  private static SparkConf conf() {
    return new SparkConf()
        .setMaster("local[2]")
        .setAppName("preflight")
        .set("spark.ui.enabled", "false")
        .set("spark.driver.host", "127.0.0.1");
  }
}

package io.densespark.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.sync.collective.Placement;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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

  @Test
  void anotherBuildIsToldByItsLibrariesAndByItsClasses() {
    BuildIdentity driver = build("a1", "2.5.2");

    assertThat(build("a1", "2.5.2").differenceFrom(driver)).isEmpty();
    assertThat(build("a1", "3.8.1").differenceFrom(driver))
        .contains("oneDNN 3.8.1, the driver 2.5.2");
    assertThat(build("b2", "2.5.2").differenceFrom(driver))
        .contains("another build of the job's classes");
    // Classes that are run from a directory, as in development, have no checksum.
    assertThat(build("", "2.5.2").differenceFrom(driver)).isEmpty();
    assertThat(BuildIdentity.here().versions()).containsKeys("DL4J", "oneDNN", "JavaCPP");
  }

  @Test
  void ranksOfDifferentEnginesOrProcessorsDoNotTrainTogether() {
    Placement two = new Placement(2, List.of(1, 1));
    Readiness fast = new Readiness("a", "onednn", "avx512_core", false);
    Readiness slow = new Readiness("b", "nd4j", "", false);
    Readiness older = new Readiness("c", "onednn", "avx2", false);

    assertThat(Readiness.disagreement(List.of(fast, fast), two)).isEmpty();
    assertThat(Readiness.disagreement(List.of(fast, slow), two).orElseThrow())
        .contains("rank 1 on b with nd4j", "set engine = nd4j");
    assertThat(Readiness.disagreement(List.of(fast, older), two).orElseThrow())
        .contains("rank 1 on c with avx2", "ONEDNN_MAX_CPU_ISA");
    Readiness onGpu = new Readiness("d", "onednn", "avx512_core", true);
    Readiness onOtherGpu = new Readiness("e", "onednn", "another", true);
    assertThat(Readiness.disagreement(List.of(onGpu, onGpu), two)).isEmpty();
    assertThat(Readiness.disagreement(List.of(onGpu, onOtherGpu), two).orElseThrow())
        .contains("rank 1 on e with another", "one kind of GPU")
        .doesNotContain("ONEDNN");
    assertThat(Readiness.disagreement(List.of(onGpu, fast), two).orElseThrow())
        .contains(
            "rank 0 on d computes with a GPU, rank 1 on a without", "spark.executor.resource.gpu");
    assertThat(Readiness.anyUnable(List.of(fast, Readiness.unable("d")))).isTrue();
  }

  private static BuildIdentity build(String classes, String oneDnn) {
    return new BuildIdentity(classes, Map.of("oneDNN", oneDnn));
  }

  private static SparkConf conf() {
    return new SparkConf()
        .setMaster("local[2]")
        .setAppName("preflight")
        .set("spark.ui.enabled", "false")
        .set("spark.driver.host", "127.0.0.1");
  }
}

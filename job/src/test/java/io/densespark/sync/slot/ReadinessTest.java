package io.densespark.sync.slot;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.sync.rank.BuildIdentity;
import io.densespark.sync.tree.Placement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which slots may train together. */
class ReadinessTest {

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
}

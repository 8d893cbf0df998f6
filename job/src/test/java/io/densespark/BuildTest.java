package io.densespark;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** The JVM that tests run in is the one the build describes. Also run alone, to fetch JUnit. */
final class BuildTest {
  @Test
  void testsRunOnJava17WithSparksPackagesOpenedAndOneThreadAReplica() {
    assertThat(Runtime.version().feature()).isEqualTo(17);
    assertThat(ManagementFactory.getRuntimeMXBean().getInputArguments())
        .contains("--add-opens=java.base/sun.nio.ch=ALL-UNNAMED")
        .contains("-Dorg.bytedeco.javacpp.maxphysicalbytes=10g");
    assertThat(System.getenv("OMP_NUM_THREADS")).isEqualTo("1");
    assertThat(Object.class.getModule().isOpen("java.nio", getClass().getModule())).isTrue();
  }
}

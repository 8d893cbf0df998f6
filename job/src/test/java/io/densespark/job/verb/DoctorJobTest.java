package io.densespark.job.verb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.metrics.Machine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DoctorJobTest {

  @ParameterizedTest
  @CsvSource({
    "750, 1500, give it 4096 MB at least",
    "750, 8192, raise -Xmx to 1 GB",
    "6000, 1500, lower -Xmx to a quarter"
  })
  void memoryThatIsTooSmallIsAdvisedByWhatThereIs(long heap, long machine, String advice) {
    assertThatThrownBy(() -> DoctorJob.memory(heap << 20, machineOf(machine)))
        .hasMessageContaining(heap + " MB")
        .hasMessageContaining(machine + " MB")
        .hasMessageContaining(advice);
  }

  @Test
  void aQuarterOfTheMachineIsEnough() {
    assertThat(DoctorJob.memory(2048L << 20, machineOf(8192)))
        .isEqualTo("heap up to 2048 of 8192 MB, 3 cores");
  }

  private static Machine machineOf(long megabytes) {
    return new Machine("a processor", 3, megabytes << 20, 0, "a system");
  }
}

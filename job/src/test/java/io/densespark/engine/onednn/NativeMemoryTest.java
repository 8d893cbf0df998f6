package io.densespark.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.engine.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class NativeMemoryTest {
  private static final long MIB = 1 << 20;

  private static Comparison net() {
    return new Comparison(
        Nets.denseNet(1, 24, 32, 16, new int[] {2, 2}, false, Activation.RELU), 32, 1, 24, 24);
  }

  @Test
  void twoHundredPlansLeaveResidentMemoryFlat() throws IOException {
    Comparison net = net();
    long arena = createAndClose(net, 60);
    long before = residentBytes();
    createAndClose(net, 200);
    long growth = residentBytes() - before;
    System.out.printf(
        Locale.ROOT,
        "200 plans of %d MiB: resident memory grew by %d MiB%n",
        arena / MIB,
        growth / MIB);
    // The virtual machine warms up meanwhile; a leak of a fortieth of each plan would exceed this.
    assertThat(growth).isLessThan(200 * arena / 40);
  }

  @Test
  void aPlanBeyondTheLimitOfTheProcessIsRefusedBeforeItsPagesAreTaken() {
    // Tests run with -Dorg.bytedeco.javacpp.maxphysicalbytes=10g.
    assertThatThrownBy(() -> NativeBytes.zeroed(11L << 30))
        .isInstanceOf(OutOfMemoryError.class)
        .hasMessageContaining("11264 MB for a plan")
        .hasMessageContaining("10240 MB")
        .hasMessageContaining("doctor --size");
  }

  private static long createAndClose(Comparison net, int cycles) {
    long arena = 0;
    INDArray gradient = Nd4j.create(DataType.FLOAT, net.parameters.shape());
    for (int i = 0; i < cycles; i++) {
      try (Plan plan = new OneDnnEngine().compile(net.configuration, net.config)) {
        plan.gradient(net.parameters, net.features, net.labels, gradient, i);
        arena = plan.summary().arenaBytes();
      }
    }
    return arena;
  }

  @Test
  void stepsLeaveResidentMemoryFlat() throws IOException {
    Comparison net =
        new Comparison(
            Nets.denseNet(1, 8, 16, 12, new int[] {2}, false, Activation.RELU), 4, 1, 8, 8);
    INDArray gradient = Nd4j.create(DataType.FLOAT, net.parameters.shape());
    try (Plan plan = new OneDnnEngine().compile(net.configuration, net.config)) {
      steps(plan, net, gradient, 2_000);
      long before = residentBytes();
      steps(plan, net, gradient, 10_000);
      long growth = residentBytes() - before;
      System.out.printf(
          Locale.ROOT, "10,000 steps: resident memory grew by %d KiB%n", growth / 1024);
      assertThat(growth).isLessThan(16 * MIB);
    }
  }

  private static void steps(Plan plan, Comparison net, INDArray gradient, int count) {
    for (int i = 0; i < count; i++) {
      plan.gradient(net.parameters, net.features, net.labels, gradient, i);
    }
  }

  private static long residentBytes() throws IOException {
    System.gc();
    String statm = Files.readString(Path.of("/proc/self/statm"));
    return Long.parseLong(statm.split(" ")[1]) * 4096;
  }
}

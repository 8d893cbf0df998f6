package io.densespark.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.EngineUnavailableException;
import io.densespark.engine.Plan;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;

/**
 * The engine on lesser processors. oneDNN reads its limit once per process, so each runs in one of
 * its own.
 */
class InstructionSetTest {

  @ParameterizedTest
  @ValueSource(strings = {"AVX2", "SSE41"})
  void agreesWithDl4jAndNamesWhatItRunsOn(String limit) throws Exception {
    String output = run(Probe.class, Map.of("DNNL_MAX_CPU_ISA", limit));
    System.out.print(output);
    assertThat(output).contains("instruction set " + limit.toLowerCase(java.util.Locale.ROOT));
    assertThat(output).contains("all agree");
    assertThat(output).contains("bf16 needs a processor with AVX512_BF16, this one runs");
  }

  /** A processor that multiplies tiles (AMX) is kept from it; one without bfloat16 refuses. */
  @Test
  void bfloat16AgreesWithDl4jWithoutTiles() throws Exception {
    String output = run(Bfloat16Probe.class, Map.of("DNNL_MAX_CPU_ISA", "AVX512_CORE_BF16"));
    assertThat(output).contains("instruction set ").doesNotContain("amx").contains("all agree");
  }

  /** An executor that predicts may meet the engine before anything else of DL4J's. */
  @Test
  void loadsInAProcessThatHasNotUsedNd4jYet() throws Exception {
    assertThat(run(First.class, Map.of())).contains("runs on ");
  }

  private static String run(Class<?> main, Map<String, String> environment)
      throws IOException, InterruptedException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
    command.addAll(List.of("-Xmx1g", "-cp", classPath, main.getName()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    builder.environment().put("OMP_NUM_THREADS", "1");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }

  /** Nothing but the engine. */
  static final class First {
    public static void main(String[] args) {
      System.out.println("runs on " + Library.load().instructionSet());
    }
  }

  /** A net in bfloat16. */
  static final class Bfloat16Probe {
    public static void main(String[] args) {
      System.out.println("instruction set " + Library.load().instructionSet());
      new Bfloat16Test().largeImagesAgreeWithDl4jInDouble();
      System.out.println("all agree");
    }
  }

  /** What runs in the other process. */
  static final class Probe {
    public static void main(String[] args) {
      Comparison dense =
          new Comparison(
              Nets.denseNet(1, 8, 24, 12, new int[] {2, 2}, true, Activation.TANH), 4, 1, 8, 8);
      try (Plan plan = new OneDnnEngine().compile(dense.configuration, dense.config)) {
        System.out.println("instruction set " + plan.summary().instructionSet());
      }
      dense.assertAgrees("dense net", 1e-4);
      try {
        Library.load().requireBfloat16();
      } catch (EngineUnavailableException refusal) {
        System.out.println(refusal.getMessage());
      }
      LayerTest.layers()
          .map(org.junit.jupiter.params.provider.Arguments::get)
          .forEach(Probe::compare);
      System.out.println("all agree");
    }

    @SuppressWarnings("unchecked")
    private static void compare(Object[] arguments) {
      new LayerTest()
          .agreesWithDl4jInDouble(
              (String) arguments[0],
              (int) arguments[1],
              (int[]) arguments[2],
              (java.util.function.UnaryOperator<Nets.Chain>) arguments[3]);
    }
  }
}

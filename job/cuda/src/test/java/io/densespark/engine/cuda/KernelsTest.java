package io.densespark.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.EngineConfig.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The kernels as GPUs get them. */
class KernelsTest {

  /** Nothing where there is no nvcc: that needs CUDA's toolkit, which the engine does not. */
  @TestFactory
  Stream<DynamicTest> compileForEveryGeneration(@TempDir Path folder) throws IOException {
    if (Arrays.stream(System.getenv("PATH").split(":"))
        .noneMatch(place -> Files.isExecutable(Path.of(place, "nvcc")))) {
      System.out.println("nvcc is not on the PATH: kernels are not compiled for GPUs");
      return Stream.empty();
    }
    Path source = Files.writeString(folder.resolve("kernels.cu"), Kernels.source());
    return Stream.of(
            Map.entry("sm_80", Precision.FP32),
            Map.entry("sm_80", Precision.TF32),
            Map.entry("sm_80", Precision.BF16),
            Map.entry("sm_90", Precision.BF16),
            Map.entry("sm_100", Precision.BF16))
        .map(
            target ->
                DynamicTest.dynamicTest(
                    target.toString(), () -> compile(source, target.getKey(), target.getValue())));
  }

  private static void compile(Path source, String architecture, Precision precision)
      throws IOException, InterruptedException {
    Path image = source.resolveSibling(architecture + precision + ".cubin");
    FakeCuda.run(
        "nvcc",
        "-std=c++17",
        "-cubin",
        "-Werror=all-warnings",
        "-arch=" + architecture,
        Kernels.definition(precision),
        source.toString(),
        "-o",
        image.toString());
    assertThat(image).isNotEmptyFile();
  }
}

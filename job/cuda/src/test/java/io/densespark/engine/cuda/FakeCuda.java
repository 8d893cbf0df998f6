package io.densespark.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A driver and a run-time compiler that need no GPU: {@code fake_cuda.cpp}, made by g++. The
 * engine's Java code and its kernels run as they are, on the CPU.
 */
final class FakeCuda {

  private static final Path NATIVE = Path.of("src/test/native").toAbsolutePath();

  /** One with two devices. */
  static final FakeCuda SHARED = new FakeCuda(2);

  /** What the library tells beside CUDA's functions. */
  interface Control extends Library {
    void fakeReverse(int reversed);

    void fakeEager(int eager);

    int fakeFaults();

    int fakeHeld();

    long fakeCopied();

    long fakeLaunches(int device);
  }

  private final String library;
  private final Libraries libraries;
  private final Control control;

  FakeCuda(int devices) {
    this(devices, 9);
  }

  /**
   * @param generation of the devices: their major compute capability
   */
  FakeCuda(int devices, int generation) {
    try {
      Path work = Files.createTempDirectory("fake-cuda");
      library = work.resolve("libfake_cuda.so").toString();
      run(
          "g++",
          "-std=c++17",
          "-O1",
          "-U_FORTIFY_SOURCE",
          "-Wall",
          "-Werror",
          "-fPIC",
          "-shared",
          // Another one of this process defines the same functions.
          "-Wl,-Bsymbolic",
          "-DDEVICES=" + devices,
          "-DGENERATION=" + generation,
          "-DSHIM=\"" + NATIVE.resolve("cuda_on_cpu.h") + "\"",
          "-DWORK=\"" + work + "\"",
          NATIVE.resolve("fake_cuda.cpp").toString(),
          "-o",
          library,
          "-ldl");
      libraries = Libraries.load(List.of(library), List.of(library));
      control = Native.load(library, Control.class);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("the tests of this module need g++: " + e.getMessage(), e);
    }
  }

  /** Runs a command and fails with its output where it fails. */
  static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }

  CudaEngine engine() {
    return new CudaEngine(this::libraries);
  }

  Libraries libraries() {
    return libraries;
  }

  /** Where the library lies. */
  String path() {
    return library;
  }

  /** Runs the threads of every block from the last to the first, or in their order again. */
  void reverseThreads(boolean reversed) {
    control.fakeReverse(reversed ? 1 : 0);
  }

  /**
   * Has every second stream that is made from now on do at once what it is asked, or all of them as
   * late as they may.
   */
  void eagerStreams(boolean eager) {
    control.fakeEager(eager ? 1 : 0);
  }

  /** How often something was done that a GPU might forgive: fences overwritten, say. */
  int faults() {
    return control.fakeFaults();
  }

  /** Allocations and contexts that were not given back. */
  int held() {
    return control.fakeHeld();
  }

  /** Kernels and graphs of them that were started on a device so far. */
  long launches(int device) {
    return control.fakeLaunches(device);
  }

  /** Bytes copied to and from devices so far. */
  long copied() {
    return control.fakeCopied();
  }
}

package io.densespark.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core;
import static org.bytedeco.dnnl.global.dnnl.dnnl_get_effective_cpu_isa;

import io.densespark.engine.EngineUnavailableException;
import java.util.Locale;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Loader;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOps;
import org.nd4j.nativeblas.NativeOpsHolder;

/** oneDNN, loaded once per process. */
final class Library {
  private static Library instance;

  private final engine cpu;
  private final NativeOps openMp;

  private Library() {
    // ND4J comes first: its OpenMP runtime then also serves oneDNN, which asks for it by name. The
    // holder of its native operations is empty, and stays so, unless a backend was chosen before.
    Nd4j.factory();
    openMp = NativeOpsHolder.getInstance().getDeviceNativeOps();
    // The OpenCL that oneDNN links to is the bundled one only if it is loaded before.
    Loader.load(org.bytedeco.opencl.global.OpenCL.class);
    Loader.load(dnnl.class);
    cpu = new engine(engine.kind.cpu, 0);
  }

  /**
   * Loads the library.
   *
   * @throws EngineUnavailableException if it does not load here
   */
  static synchronized Library load() {
    if (instance == null) {
      try {
        instance = new Library();
      } catch (LinkageError | RuntimeException e) {
        throw new EngineUnavailableException(
            "engine onednn: its native library does not load on "
                + System.getProperty("os.name")
                + " "
                + System.getProperty("os.arch")
                + " ("
                + e
                + "); set engine = nd4j",
            e);
      }
    }
    return instance;
  }

  engine cpu() {
    return cpu;
  }

  /**
   * Channels per block that the library's kernels like best: a vector register of floats. Before
   * AVX2 only its matrix-product kernels compute gradients, and these want plain layouts.
   */
  int block() {
    String set = instructionSet();
    if (dnnl_get_effective_cpu_isa() >= dnnl_cpu_isa_avx512_core && set.startsWith("avx512")) {
      return 16;
    }
    return set.startsWith("avx2") ? 8 : 1;
  }

  /**
   * Fails where the processor does not multiply bfloat16 itself: the library would then emulate it,
   * slower than float32.
   *
   * @throws EngineUnavailableException naming the instruction set there is
   */
  void requireBfloat16() {
    if (!hasBfloat16()) {
      throw new EngineUnavailableException(
          "engine onednn: precision bf16 needs a processor with AVX512_BF16, this one runs "
              + instructionSet()
              + "; set engine.precision = fp32",
          null);
    }
  }

  /** Whether the processor multiplies bfloat16. */
  boolean hasBfloat16() {
    String set = instructionSet();
    return set.startsWith("avx512_core_bf16") || set.startsWith("avx512_core_amx");
  }

  /** Whether the processor multiplies tiles of bfloat16 (AMX). */
  boolean hasTiles() {
    return instructionSet().startsWith("avx512_core_amx");
  }

  /** The instruction set that the library uses, in its own words. */
  String instructionSet() {
    String name = dnnl.get_effective_cpu_isa().intern().name();
    return name.replace("dnnl_cpu_isa_", "").replace("cpu_isa_", "").toLowerCase(Locale.ROOT);
  }

  /** Sets the number of OpenMP threads of the calling thread's parallel regions. */
  void useThreads(int threads) {
    if (openMp.ompGetMaxThreads() != threads) {
      openMp.setOmpNumThreads(threads);
    }
  }
}

package io.densespark.engine.cuda;

import com.sun.jna.Library;
import com.sun.jna.Native;
import io.densespark.engine.EngineUnavailableException;
import io.densespark.text.Text;
import java.util.List;

/** CUDA's driver and its run-time compiler, as this machine has them. */
record Libraries(Driver driver, RuntimeCompiler compiler) {

  /** Names of the driver, the first found is taken. */
  static final List<String> DRIVERS = List.of("libcuda.so.1");

  /** Names of the compiler, of CUDA 13 and 12. */
  static final List<String> COMPILERS = List.of("libnvrtc.so.13", "libnvrtc.so.12");

  /**
   * Loads both; names are looked for as the system's loader does, or are whole paths.
   *
   * @throws EngineUnavailableException if one is not found, saying what was looked for
   */
  static Libraries load(List<String> drivers, List<String> compilers) {
    return new Libraries(
        first(
            Driver.class,
            drivers,
            "the driver of NVIDIA's GPUs: install it, or run where there is a GPU"),
        first(
            RuntimeCompiler.class,
            compilers,
            "NVRTC, CUDA's run-time compiler: install it (package cuda-nvrtc, or pip's"
                + " nvidia-cuda-nvrtc) and have LD_LIBRARY_PATH name its directory"));
  }

  private static <T extends Library> T first(Class<T> type, List<String> names, String remedy) {
    LinkageError reason = null;
    for (String name : names) {
      try {
        return Native.load(name, type);
      } catch (LinkageError e) {
        reason = e;
      }
    }
    throw new EngineUnavailableException(
        Text.format(
            "engine cuda: cannot load %s (LD_LIBRARY_PATH = %s), which is %s; or set engine.name"
                + " = auto",
            String.join(" or ", names),
            System.getenv().getOrDefault("LD_LIBRARY_PATH", "not set"),
            remedy),
        reason);
  }
}

package io.densespark.engine.cuda;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import io.densespark.engine.EngineConfig.Precision;
import io.densespark.text.Text;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The kernels, compiled from this jar's sources for a device and loaded there. */
final class Kernels {

  /** One translation unit, in this order. */
  private static final List<String> SOURCES =
      List.of(
          "common.cu",
          "mma.cu",
          "elements.cu",
          "products.cu",
          "convolutions.cu",
          "norms.cu",
          "values.cu",
          "update.cu");

  /** What compilation gave: one process may hold many plans. */
  private static final Map<Image, byte[]> COMPILED = new HashMap<>();

  private record Image(RuntimeCompiler compiler, String architecture, Precision precision) {}

  private final Device device;
  private final Pointer module;
  private final Map<String, Pointer> functions = new HashMap<>();

  /**
   * @param precision of the convolutions and of images in memory
   */
  Kernels(RuntimeCompiler compiler, Device device, Precision precision) {
    this.device = device;
    byte[] image;
    synchronized (COMPILED) {
      image =
          COMPILED.computeIfAbsent(
              new Image(compiler, device.architecture(), precision), Kernels::compile);
    }
    this.module = device.loadModule(image);
  }

  /** The compiler in words. */
  static String version(RuntimeCompiler compiler) {
    IntByReference major = new IntByReference();
    IntByReference minor = new IntByReference();
    check(compiler.nvrtcVersion(major, minor), "nvrtcVersion");
    return Text.format("NVRTC %d.%d", major.getValue(), minor.getValue());
  }

  /** The option that the source is compiled with for a precision. */
  static String definition(Precision precision) {
    return "-DPRECISION=" + precision.ordinal();
  }

  /** The whole source. */
  static String source() {
    StringBuilder source = new StringBuilder();
    for (String name : SOURCES) {
      try (InputStream in = Kernels.class.getResourceAsStream(name)) {
        source.append(Text.format("#line 1 \"%s\"\n", name));
        source.append(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return source.toString();
  }

  private static byte[] compile(Image wanted) {
    RuntimeCompiler compiler = wanted.compiler();
    PointerByReference program = new PointerByReference();
    check(
        compiler.nvrtcCreateProgram(program, source(), "kernels.cu", 0, null, null),
        "nvrtcCreateProgram");
    try {
      Pointer handle = program.getValue();
      String[] options = {
        "--std=c++17", "--gpu-architecture=" + wanted.architecture(), definition(wanted.precision())
      };
      int error = compiler.nvrtcCompileProgram(handle, options.length, options);
      if (error != 0) {
        throw new IllegalStateException(
            Text.format(
                "engine cuda: NVRTC (error %d) does not compile the kernels for %s: %s",
                error, wanted.architecture(), log(compiler, handle)));
      }
      LongByReference bytes = new LongByReference();
      check(compiler.nvrtcGetCUBINSize(handle, bytes), "nvrtcGetCUBINSize");
      byte[] image = new byte[Math.toIntExact(bytes.getValue())];
      check(compiler.nvrtcGetCUBIN(handle, image), "nvrtcGetCUBIN");
      return image;
    } finally {
      compiler.nvrtcDestroyProgram(program);
    }
  }

  private static String log(RuntimeCompiler compiler, Pointer program) {
    LongByReference bytes = new LongByReference();
    check(compiler.nvrtcGetProgramLogSize(program, bytes), "nvrtcGetProgramLogSize");
    byte[] log = new byte[Math.toIntExact(bytes.getValue())];
    check(compiler.nvrtcGetProgramLog(program, log), "nvrtcGetProgramLog");
    return new String(log, StandardCharsets.UTF_8).trim();
  }

  private static void check(int error, String call) {
    if (error != 0) {
      throw new IllegalStateException(
          Text.format("engine cuda: %s failed with error %d", call, error));
    }
  }

  /** Notes launches down as a graph. Functions are looked up before: capture forbids loading. */
  Pointer graph(List<Launch> launches) {
    launches.forEach(this::function);
    return device.compute().capture(() -> launches.forEach(this::launch));
  }

  void launch(Launch launch) {
    device.compute().launch(function(launch), launch);
  }

  private Pointer function(Launch launch) {
    return functions.computeIfAbsent(launch.kernel(), name -> device.function(module, name));
  }
}

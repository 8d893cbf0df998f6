package io.densespark.metrics;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The computer a process runs on. Cores and memory are what Java counts, which sees the limits of
 * the process's own control group, as a container has them, but in version 2 not those of groups
 * above it: the scripts do, and tell Java.
 *
 * @param cpu model of the processor as the system names it
 * @param cores logical cores that the JVM may use
 * @param memoryBytes of the machine or container
 * @param heapLimitBytes of the JVM
 * @param system operating system, version and architecture
 */
public record Machine(String cpu, int cores, long memoryBytes, long heapLimitBytes, String system) {

  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  /** The one this process runs on. */
  public static Machine ofThisProcess() {
    Runtime runtime = Runtime.getRuntime();
    long memoryBytes =
        ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
            ? system.getTotalMemorySize()
            : 0;
    return new Machine(
        cpuModel(),
        runtime.availableProcessors(),
        memoryBytes,
        runtime.maxMemory(),
        String.join(
            " ",
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("os.arch")));
  }

  /** Linux tells the model; elsewhere the architecture has to do. */
  private static String cpuModel() {
    if (!Files.isReadable(CPU_INFO)) {
      return System.getProperty("os.arch");
    }
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }
}

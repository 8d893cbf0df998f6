package io.densespark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** A control group of Linux, version 1 or 2, whose processes share a limited memory. */
record MemoryGroup(Path directory, boolean first) {

  private static final Path MOUNT = Path.of("/sys/fs/cgroup");

  /** Makes one, without a limit yet. */
  static MemoryGroup make() throws IOException {
    boolean first = Files.isDirectory(MOUNT.resolve("memory"));
    Path parent = first ? MOUNT.resolve("memory") : MOUNT;
    if (!first) {
      Files.writeString(parent.resolve("cgroup.subtree_control"), "+memory");
    }
    return new MemoryGroup(
        Files.createDirectory(parent.resolve("densespark-" + ProcessHandle.current().pid())),
        first);
  }

  /** Removes it once its processes have ended. */
  void remove() throws IOException, InterruptedException {
    Instant limit = Instant.now().plus(SmallRuns.LIMIT);
    while (!Files.readString(processes()).isBlank()) {
      assertThat(Instant.now()).as("its processes end").isBefore(limit);
      Thread.sleep(20);
    }
    Files.delete(directory);
  }

  /** The file that takes the ids of processes that are to be in it. */
  Path processes() {
    return directory.resolve("cgroup.procs");
  }

  /** Limits it; nothing goes to a swap area instead. */
  void limit(long bytes) throws IOException {
    write(first ? "memory.limit_in_bytes" : "memory.max", bytes);
    String swap = first ? "memory.memsw.limit_in_bytes" : "memory.swap.max";
    if (Files.exists(directory.resolve(swap))) {
      write(swap, first ? bytes : 0);
    }
  }

  private void write(String file, long value) throws IOException {
    Files.writeString(directory.resolve(file), Long.toString(value));
  }

  /** How many of its processes the kernel has killed for want of memory. */
  long killed() throws IOException {
    List<String> lines =
        Files.readAllLines(directory.resolve(first ? "memory.oom_control" : "memory.events"));
    return lines.stream()
        .filter(line -> line.startsWith("oom_kill "))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
        .findFirst()
        .orElseThrow();
  }
}

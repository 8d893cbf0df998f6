package io.densespark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Processes that share a limited memory: a control group of Linux, version 1 or 2, where this
 * process has leave to make one. Elsewhere the most memory that each has ever held is watched.
 */
abstract sealed class MemoryGroup {

  private static final Path MOUNT = Path.of("/sys/fs/cgroup");

  /**
   * Makes one, without a limit yet.
   *
   * @param directory for files of its own
   */
  static MemoryGroup make(Path directory) throws IOException {
    try {
      return new Controlled();
    } catch (IOException noLeave) {
      System.out.println("no control group can be made (" + noLeave + "): memory is watched");
      return new Watched(Files.createFile(directory.resolve("processes")));
    }
  }

  /** The file that takes the ids of processes that are to be in it. */
  abstract Path processes();

  /** Limits it; nothing goes to a swap area instead. */
  abstract void limit(long bytes) throws IOException;

  /** How many of its processes have wanted more memory than there is. */
  abstract long killed() throws IOException;

  /** Whether any of its processes lives. */
  abstract boolean isAlive() throws IOException;

  /** Removes it once its processes have ended. */
  void remove() throws IOException, InterruptedException {
    Instant limit = Instant.now().plus(SmallRuns.LIMIT);
    while (isAlive()) {
      assertThat(Instant.now()).as("its processes end").isBefore(limit);
      Thread.sleep(20);
    }
  }

  private static final class Controlled extends MemoryGroup {
    private final boolean first = Files.isDirectory(MOUNT.resolve("memory"));
    private final Path directory;

    Controlled() throws IOException {
      Path parent = first ? MOUNT.resolve("memory") : MOUNT;
      if (!first) {
        Files.writeString(parent.resolve("cgroup.subtree_control"), "+memory");
      }
      directory =
          Files.createDirectory(parent.resolve("densespark-" + ProcessHandle.current().pid()));
    }

    @Override
    Path processes() {
      return directory.resolve("cgroup.procs");
    }

    @Override
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

    @Override
    long killed() throws IOException {
      List<String> lines =
          Files.readAllLines(directory.resolve(first ? "memory.oom_control" : "memory.events"));
      return lines.stream()
          .filter(line -> line.startsWith("oom_kill "))
          .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
          .findFirst()
          .orElseThrow();
    }

    @Override
    boolean isAlive() throws IOException {
      return !Files.readString(processes()).isBlank();
    }

    @Override
    void remove() throws IOException, InterruptedException {
      super.remove();
      Files.delete(directory);
    }
  }

  private static final class Watched extends MemoryGroup {
    private static final int EVERY_MILLIS = 50;

    private final Path processes;
    private final Map<Long, Long> peakBytes = new HashMap<>();
    private final Thread watcher = new Thread(this::watch, "peak memory");
    private volatile long limitBytes = Long.MAX_VALUE;

    Watched(Path processes) {
      this.processes = processes;
      watcher.setDaemon(true);
      watcher.start();
    }

    @Override
    Path processes() {
      return processes;
    }

    @Override
    void limit(long bytes) {
      limitBytes = bytes;
    }

    @Override
    long killed() {
      synchronized (peakBytes) {
        assertThat(peakBytes).as("processes that were watched").isNotEmpty();
        return peakBytes.values().stream().filter(peak -> peak > limitBytes).count();
      }
    }

    @Override
    boolean isAlive() throws IOException {
      return Files.readAllLines(processes).stream()
          .anyMatch(id -> Files.exists(Path.of("/proc", id, "status")));
    }

    @Override
    void remove() throws IOException, InterruptedException {
      super.remove();
      watcher.interrupt();
    }

    private void watch() {
      try {
        while (true) {
          for (String id : Files.readAllLines(processes)) {
            look(id);
          }
          Thread.sleep(EVERY_MILLIS);
        }
      } catch (IOException | InterruptedException over) {
        // The test is over.
      }
    }

    private void look(String id) {
      try {
        for (String line : Files.readAllLines(Path.of("/proc", id, "status"))) {
          if (line.startsWith("VmHWM:")) {
            long kilobytes = Long.parseLong(line.replaceAll("\\D", ""));
            synchronized (peakBytes) {
              peakBytes.put(Long.parseLong(id), kilobytes << 10);
            }
          }
        }
      } catch (IOException ended) {
        // Its last peak stands.
      }
    }
  }
}

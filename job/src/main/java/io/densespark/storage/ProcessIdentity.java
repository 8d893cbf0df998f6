package io.densespark.storage;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A process among all the processes of all machines, so that another one on the same machine can
 * tell whether it still runs. Only Linux tells enough; elsewhere nothing is concluded.
 *
 * @param host name of the machine, for people
 * @param system this boot of this machine, this space of process ids (containers have their own)
 *     and this user (who may not see other users' processes); empty where unknown
 * @param id process id
 * @param startTicks clock ticks from boot to its start, as ids are used again; 0 where unknown
 */
record ProcessIdentity(String host, String system, long id, long startTicks) {

  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path PROCESS_SPACE = Path.of("/proc/self/ns/pid");

  /** Position of the start among the fields of {@code /proc/<id>/stat} after the name. */
  private static final int START_FIELD = 19;

  static ProcessIdentity current() {
    return of(ProcessHandle.current().pid());
  }

  /** Of a process on this machine. */
  static ProcessIdentity of(long id) {
    long start = 0;
    try {
      start = Long.parseLong(fields(id)[START_FIELD]);
    } catch (IOException e) {
      // No /proc: not Linux.
    }
    return new ProcessIdentity(hostName(), start == 0 ? "" : systemName(), id, start);
  }

  /** Whether it certainly runs no more; false where that cannot be told from here. */
  boolean isDead() {
    if (system == null || system.isEmpty() || startTicks == 0 || !system.equals(systemName())) {
      return false;
    }
    try {
      String[] fields = fields(id);
      return fields[0].equals("Z") || Long.parseLong(fields[START_FIELD]) != startTicks;
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** What follows the name, which may hold blanks and parentheses: the state, then numbers. */
  private static String[] fields(long id) throws IOException {
    String line = Files.readString(Path.of("/proc/" + id + "/stat"));
    return line.substring(line.lastIndexOf(')') + 2).split(" ");
  }

  private static String systemName() {
    try {
      return String.join(
          "/",
          Files.readString(BOOT).strip(),
          Files.readSymbolicLink(PROCESS_SPACE).toString(),
          System.getProperty("user.name"));
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown-host";
    }
  }
}

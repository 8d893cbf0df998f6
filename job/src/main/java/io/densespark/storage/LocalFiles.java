package io.densespark.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * Hadoop's local file system, which without Hadoop's native library starts a {@code chmod} for each
 * file that it creates. Here Java sets the permissions itself; files are no more open than the
 * process's own mask allows.
 */
public class LocalFiles extends RawLocalFileSystem {

  private static final java.nio.file.Path PROCESS = java.nio.file.Path.of("/proc/self/status");

  /**
   * Adds the process's mask to Hadoop's, which is 022 whatever the process was started with. Where
   * the system does not tell the mask, Hadoop's stays.
   */
  public static void keepMask(Configuration configuration) {
    try (Stream<String> status = Files.lines(PROCESS)) {
      int mask =
          status
              .filter(line -> line.startsWith("Umask:"))
              .mapToInt(line -> Integer.parseInt(line.substring(6).strip(), 8))
              .sum();
      int both = mask | FsPermission.getUMask(configuration).toShort();
      FsPermission.setUMask(configuration, new FsPermission((short) both));
    } catch (IOException | UncheckedIOException e) {
      // Not Linux: nothing is known.
    }
  }

  @Override
  public void initialize(URI uri, Configuration configuration) throws IOException {
    Configuration masked = new Configuration(configuration);
    keepMask(masked);
    super.initialize(uri, masked);
  }

  @Override
  public void setPermission(Path path, FsPermission permission) throws IOException {
    PosixFileAttributeView attributes =
        Files.getFileAttributeView(pathToFile(path).toPath(), PosixFileAttributeView.class);
    if (attributes == null || permission.getStickyBit()) {
      super.setPermission(path, permission);
    } else {
      attributes.setPermissions(
          PosixFilePermissions.fromString(
              permission.getUserAction().SYMBOL
                  + permission.getGroupAction().SYMBOL
                  + permission.getOtherAction().SYMBOL));
    }
  }
}

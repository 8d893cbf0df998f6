package io.densespark.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.fs.FileSystem;

/**
 * Where something lies, equal for every way to write it: links, {@code ..}, a scheme's case, a port
 * that is the default.
 *
 * @param store what holds it
 * @param parts names from the root
 */
public record FileLocation(String store, List<String> parts) {

  public FileLocation {
    parts = List.copyOf(parts);
  }

  /** Of a file or folder on this machine's disk, there or not. */
  static FileLocation of(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    for (Path above = absolute; above != null; above = above.getParent()) {
      try {
        return local(above.toRealPath().resolve(above.relativize(absolute)));
      } catch (IOException e) {
        // Not there, or not to be looked at: what is above it may be.
      }
    }
    return local(absolute);
  }

  private static FileLocation local(Path real) {
    return new FileLocation(WorkspaceUri.LOCAL_SCHEME, parts(real.toUri().getRawPath()));
  }

  private static List<String> parts(String path) {
    return Arrays.stream(path.split("/")).filter(part -> !part.isEmpty()).toList();
  }

  static FileLocation of(FileSystem fileSystem, org.apache.hadoop.fs.Path path) {
    // Host and port where there are any; a bucket has none.
    String service = fileSystem.getCanonicalServiceName();
    String store =
        fileSystem.getScheme() + "://" + (service == null ? path.toUri().getAuthority() : service);
    return new FileLocation(
        store.toLowerCase(Locale.ROOT), parts(path.toUri().normalize().getPath()));
  }

  /** Whether the other is this or lies in it. */
  public boolean holds(FileLocation other) {
    return store.equals(other.store)
        && parts.size() <= other.parts.size()
        && parts.equals(other.parts.subList(0, parts.size()));
  }
}

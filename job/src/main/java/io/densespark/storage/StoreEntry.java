package io.densespark.storage;

import java.time.Instant;

/**
 * A file or directory in a listing.
 *
 * @param path relative to the workspace, usable with every method of {@link Store}
 * @param directory whether this is a directory
 * @param bytes length of a file, 0 for a directory
 * @param modifiedAt last change by the store's clock; object stores give no meaning to a
 *     directory's
 */
public record StoreEntry(String path, boolean directory, long bytes, Instant modifiedAt) {

  /** The last part of the path. */
  public String name() {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}

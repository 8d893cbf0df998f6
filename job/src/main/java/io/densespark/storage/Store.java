package io.densespark.storage;

import io.densespark.storage.Publication.Existing;
import io.densespark.storage.StorageException.Reason;
import io.densespark.text.Text;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A workspace of files that appear whole or not at all, on {@code file:}, {@code hdfs:} or {@code
 * s3a:}.
 *
 * <p>All paths are relative to the workspace, with forward slashes. Every method throws {@link
 * StorageException}, and a write under a lost lock {@link LockLostException}. Safe for use by
 * several threads. May be serialised with Spark tasks: the receiver opens its own connection on
 * first use.
 *
 * <table>
 *   <caption>What the stores guarantee</caption>
 *   <tr><th></th><th>readers see nothing or the whole file</th><th>{@link #publish} refuses an existing name</th></tr>
 *   <tr><td>{@code file:}</td><td>yes</td><td>atomically (hard link)</td></tr>
 *   <tr><td>{@code hdfs:}</td><td>yes</td><td>atomically (rename by the name node)</td></tr>
 *   <tr><td>{@code s3a:}</td><td>yes</td><td>by a check before the upload: not between two writers at once</td></tr>
 * </table>
 *
 * @implNote the file system is our own instance, neither shared nor closed by Hadoop's shutdown
 *     hook, so that a final status can still be written while the JVM ends.
 */
public final class Store implements Serializable, AutoCloseable {

  private static final int READS_OF_A_CHANGING_FILE = 10;

  private final String root;
  private transient Configuration configuration;
  private transient FileSystem fileSystem;
  private transient Publication publication;
  private transient StoreLock lock;
  private transient String witness;

  private Store(String root, Configuration configuration) {
    this.root = root;
    this.configuration = configuration;
  }

  /**
   * Opens a workspace, which need not exist yet.
   *
   * @param workspace a URI, or a plain path, which is taken as Hadoop does: on {@code
   *     fs.defaultFS}, relative to its working directory; without a cluster that is the local file
   *     system and the directory of the process
   * @param hadoop settings of the file system; copied
   */
  public static Store open(String workspace, Configuration hadoop) {
    Path given = WorkspaceUri.parse(workspace, hadoop);
    Configuration configuration = StoreSettings.bounded(hadoop);
    try {
      FileSystem fileSystem = StoreSettings.connect(given, configuration);
      Path root = fileSystem.makeQualified(given);
      Store store = new Store(root.toString(), configuration);
      store.fileSystem = fileSystem;
      store.publication = Publication.of(fileSystem);
      return store;
    } catch (IOException | RuntimeException | LinkageError e) {
      throw StorageFailure.of("open", workspace, e);
    }
  }

  /**
   * The same workspace, through the same connection, where every write and deletion is refused once
   * the lock is lost. Closing one of the two closes both. Tasks that it travels with know nothing
   * of the lock.
   *
   * @see StoreLock
   */
  public synchronized Store guardedBy(StoreLock lock) {
    Store guarded = new Store(root, configuration);
    guarded.fileSystem = fileSystem;
    guarded.publication = publication;
    guarded.lock = lock;
    return guarded;
  }

  /**
   * As {@link #guardedBy} has it, where every write is refused once a file is gone: what somebody
   * removes while it grows is not made again in part.
   *
   * @param file part of the whole that the writes are for
   */
  public synchronized Store whileThere(String file) {
    Store watching = guardedBy(lock);
    watching.witness = file;
    return watching;
  }

  /** The absolute URI of the workspace; it never holds credentials. */
  public String uri() {
    return root;
  }

  /** The absolute URI of a file in it, for messages and for Spark's own readers and writers. */
  public String uri(String path) {
    return path(path).toString();
  }

  /** Opens a file for reading. */
  public InputStream open(String path) {
    Path file = path(path);
    return attempt("read", file, () -> new LocalReads(fileSystem().open(file)));
  }

  /**
   * The whole content of a small file, one version of it even while it is being replaced.
   *
   * @implNote an object that is replaced between S3A's look at it and its reading is refused by
   *     S3A, so it is read anew; a reader of {@link #open} may meet that too
   */
  public byte[] read(String path) {
    Path file = path(path);
    return attempt(
        "read",
        file,
        () -> {
          IOException last = null;
          for (int attempt = 0; attempt < READS_OF_A_CHANGING_FILE; attempt++) {
            try (InputStream in = fileSystem().open(file)) {
              return in.readAllBytes();
            } catch (IOException e) {
              if (!StorageFailure.changedRemotely(e)) {
                throw e;
              }
              last = e;
            }
          }
          throw last;
        });
  }

  /**
   * Publishes a new file, atomically and durably: when this returns, it is whole and stays.
   *
   * @throws StorageException with {@link Reason#EXISTS} if the name is taken, as far as the store
   *     can tell
   */
  public void publish(String path, Content content) {
    write(path, content, Existing.REFUSE);
  }

  /**
   * Publishes a file in place of the one there, if any: readers see the old one or the new one,
   * whole.
   */
  public void replace(String path, Content content) {
    write(path, content, Existing.REPLACE);
  }

  /** Whether a file or directory is there. */
  public boolean exists(String path) {
    Path file = path(path);
    return attempt("look for", file, () -> fileSystem().exists(file));
  }

  /**
   * The files and directories directly in a directory, by name; none if it is not there. The empty
   * path is the workspace itself.
   */
  public List<StoreEntry> list(String directory) {
    Path parent = directory.isEmpty() ? new Path(root) : path(directory);
    String prefix = directory.isEmpty() ? "" : directory + "/";
    return attempt(
        "list",
        parent,
        () -> {
          List<StoreEntry> entries = new ArrayList<>();
          for (FileStatus status : statuses(parent)) {
            String name = status.getPath().getName();
            if (!Publication.isTemporary(name)) {
              entries.add(
                  new StoreEntry(
                      prefix + name,
                      status.isDirectory(),
                      status.isDirectory() ? 0 : status.getLen(),
                      Instant.ofEpochMilli(status.getModificationTime())));
            }
          }
          entries.sort(Comparator.comparing(StoreEntry::path));
          return List.copyOf(entries);
        });
  }

  /** Deletes a file, or a directory with everything in it; nothing happens if it is not there. */
  public void delete(String path) {
    Path file = path(path);
    requireLock();
    attempt("delete", file, () -> fileSystem().delete(file, true));
  }

  /**
   * Publishes, reads and deletes a probe, to learn before a long run whether its output can be
   * kept.
   */
  public void checkWritable() {
    String probe = "probe-" + UUID.randomUUID();
    byte[] content = probe.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    publish(probe, Content.of(content));
    byte[] found = read(probe);
    delete(probe);
    if (!Arrays.equals(content, found)) {
      throw new StorageException(
          Reason.FAILED,
          Text.format(
              "%s gave back %d other bytes than were written. Check the store, or choose another place",
              uri(probe), found.length));
    }
  }

  /** Releases the connection; a later call opens it anew. */
  @Override
  public synchronized void close() {
    if (fileSystem != null) {
      FileSystem closing = fileSystem;
      fileSystem = null;
      publication = null;
      attempt(
          "close",
          new Path(root),
          () -> {
            closing.close();
            return null;
          });
    }
  }

  @Override
  public String toString() {
    return root;
  }

  private void requireLock() {
    if (lock != null) {
      lock.requireHeld();
    }
  }

  private void write(String path, Content content, Existing existing) {
    Path file = path(path);
    requireLock();
    if (witness != null && !exists(witness)) {
      throw new StorageException(
          Reason.MISSING,
          Text.format("%s was removed meanwhile, so %s is not written", uri(witness), file));
    }
    attempt(
        "write",
        file,
        () -> {
          publication().publish(file, content, existing);
          return null;
        });
  }

  private FileStatus[] statuses(Path directory) throws IOException {
    try {
      return fileSystem().listStatus(directory);
    } catch (FileNotFoundException e) {
      return new FileStatus[0];
    }
  }

  private Path path(String relative) {
    return new Path(root + (root.endsWith("/") ? "" : "/") + WorkspaceUri.relative(relative));
  }

  private synchronized FileSystem fileSystem() throws IOException {
    if (fileSystem == null) {
      fileSystem = StoreSettings.connect(new Path(root), configuration);
      publication = Publication.of(fileSystem);
    }
    return fileSystem;
  }

  private synchronized Publication publication() throws IOException {
    fileSystem();
    return publication;
  }

  private static <T> T attempt(String what, Path file, StorageFailure.Call<T> call) {
    return StorageFailure.attempt(what, file.toString(), call);
  }

  private void writeObject(ObjectOutputStream out) throws IOException {
    out.defaultWriteObject();
    configuration.write(out);
  }

  private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
    in.defaultReadObject();
    configuration = new Configuration(false);
    configuration.readFields(in);
  }
}

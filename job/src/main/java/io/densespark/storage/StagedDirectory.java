package io.densespark.storage;

import io.densespark.storage.StorageException.Reason;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;

/**
 * A directory that others fill, such as Spark's writers, and that appears whole or not at all:
 *
 * <pre>{@code
 * try (StagedDirectory staged = StagedDirectory.begin(uri, hadoop, false)) {
 *   rows.write().parquet(staged.uri());   // through HeldBackCommit where staged.holdsBack()
 *   staged.publish();
 * }
 * }</pre>
 *
 * <ul>
 *   <li>{@code file:} and {@code hdfs:}: filled beside its place under a hidden name, then renamed,
 *       which is atomic
 *   <li>{@code s3a:} has no rename: it is filled in place by uploads that are held back until the
 *       job's commit completes them (S3A's "magic" committer), so that a job that dies leaves
 *       nothing to be seen; {@code _SUCCESS} comes after them and says that all are there
 * </ul>
 *
 * <p>The file {@code _SUCCESS} is there in every kind of store. A directory that takes the place of
 * another stays until the new one is complete; readers may for a moment find neither.
 */
public final class StagedDirectory implements AutoCloseable {

  static final String SUCCESS = "_SUCCESS";

  private final FileSystem fileSystem;
  private final Path target;
  private final Path staging;
  private final boolean replace;
  private final boolean held;
  private boolean published;

  private StagedDirectory(FileSystem fileSystem, Path target, boolean replace) {
    this.fileSystem = fileSystem;
    this.target = target;
    this.replace = replace;
    this.held = fileSystem.getUri().getScheme().equals(Publication.OBJECT_SCHEME);
    this.staging = held ? target : Publication.temporaryBeside(target);
  }

  /**
   * Begins a directory.
   *
   * @param uri a path or Hadoop URI
   * @param replace whether a file or directory of that name is to be replaced
   * @throws StorageException with {@link Reason#EXISTS} where the name is taken and not to be
   *     replaced
   */
  public static StagedDirectory begin(String uri, Configuration hadoop, boolean replace) {
    Path given = WorkspaceUri.parse(uri);
    try {
      FileSystem fileSystem = Store.connect(given, StoreSettings.bounded(hadoop));
      StagedDirectory directory =
          new StagedDirectory(fileSystem, fileSystem.makeQualified(given), replace);
      directory.requireFree();
      return directory;
    } catch (IOException | RuntimeException | LinkageError e) {
      throw e instanceof StorageException known ? known : StorageFailure.of("open", uri, e);
    }
  }

  /** Where to write. */
  public String uri() {
    return staging.toString();
  }

  /** Where it will be. */
  public String target() {
    return target.toString();
  }

  /** Whether writers must hold their files back themselves until the job commits. */
  public boolean holdsBack() {
    return held;
  }

  /** Writes a file into the directory. */
  public void write(String name, Content content) {
    Path file = new Path(staging, WorkspaceUri.relative(name));
    attempt(
        "write",
        () -> Publication.of(fileSystem).publish(file, content, Publication.Existing.REPLACE));
  }

  /** Lets the directory appear, with {@code _SUCCESS}. */
  public void publish() {
    write(SUCCESS, Content.of(new byte[0]));
    attempt(
        "publish",
        () -> {
          if (!held) {
            rename();
          }
          published = true;
        });
  }

  private void rename() throws IOException {
    if (!replace || !fileSystem.exists(target)) {
      renameToNew(staging, target);
      return;
    }
    Path old = Publication.temporaryBeside(target);
    renameToNew(target, old);
    try {
      renameToNew(staging, target);
    } catch (IOException | RuntimeException e) {
      Publication.cleanUp(e, () -> renameToNew(old, target));
      throw e;
    }
    fileSystem.delete(old, true);
  }

  private void renameToNew(Path from, Path to) throws IOException {
    if (fileSystem instanceof DistributedFileSystem hdfs) {
      // The plain rename would move into a directory that has come meanwhile.
      hdfs.rename(from, to, Options.Rename.NONE);
    } else if (fileSystem.exists(to)) {
      throw Publication.alreadyThere(to);
    } else if (!fileSystem.rename(from, to)) {
      throw new IOException("rename to " + to.getName() + " was refused");
    }
  }

  private void requireFree() throws IOException {
    if (!replace && fileSystem.exists(target)) {
      throw new StorageException(
          Reason.EXISTS,
          "%s is there already: choose another place, or replace it with --overwrite"
              .formatted(target));
    }
  }

  /** Removes what was not published. */
  @Override
  public void close() {
    attempt(
        "clean up",
        () -> {
          if (!published && !held) {
            fileSystem.delete(staging, true);
          }
          fileSystem.close();
        });
  }

  /** Some calls to the store. */
  @FunctionalInterface
  private interface Calls {
    void run() throws IOException;
  }

  private void attempt(String what, Calls calls) {
    try {
      calls.run();
    } catch (IOException | RuntimeException | LinkageError | FSError e) {
      throw StorageFailure.of(what, target.toString(), e);
    }
  }
}

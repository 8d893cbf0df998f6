package io.densespark.storage;

import io.densespark.storage.StorageException.Reason;
import io.densespark.text.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.hdfs.DistributedFileSystem;

/**
 * A directory that others fill, such as Spark's writers, and that appears whole or not at all:
 *
 * <pre>{@code
 * try (StagedDirectory staged = StagedDirectory.begin(uri, hadoop, Optional.empty())) {
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
 * another stays until the new one is complete; readers may for a moment find neither. Only what its
 * {@link Owner} wrote is ever replaced: a file, or a directory that holds anything else, is refused
 * and stays as it is.
 */
public final class StagedDirectory implements AutoCloseable {

  static final String SUCCESS = "_SUCCESS";

  private final FileSystem fileSystem;
  private final Path target;
  private final Path staging;
  private final Optional<Owner> replaced;
  private final boolean held;
  private boolean published;

  /**
   * What tells a directory that may be replaced.
   *
   * @param mark file that says who wrote the directory
   * @param isMark whether that file's content says so
   * @param mayHold names of all files that such a directory holds, the mark among them
   */
  public record Owner(String mark, Predicate<byte[]> isMark, Predicate<String> mayHold) {}

  private StagedDirectory(FileSystem fileSystem, Path target, Optional<Owner> replaced) {
    this.fileSystem = fileSystem;
    this.target = target;
    this.replaced = replaced;
    this.held = fileSystem.getUri().getScheme().equals(Publication.OBJECT_SCHEME);
    this.staging = held ? target : Publication.temporaryBeside(target);
  }

  /**
   * Begins a directory.
   *
   * @param uri a path or Hadoop URI
   * @param replaced whose directory of that name is to be replaced; empty: none may be there
   * @throws StorageException with {@link Reason#EXISTS} where the name is taken and not to be
   *     replaced
   */
  public static StagedDirectory begin(String uri, Configuration hadoop, Optional<Owner> replaced) {
    Path given = WorkspaceUri.parse(uri, hadoop);
    try {
      FileSystem fileSystem = StoreSettings.connect(given, StoreSettings.bounded(hadoop));
      StagedDirectory directory =
          new StagedDirectory(fileSystem, linksFollowed(fileSystem, given), replaced);
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
    if (!fileSystem.exists(target)) {
      renameToNew(staging, target);
      return;
    }
    // Again: hours may lie between the beginning and now.
    requireFree();
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

  /** A link would be replaced by a directory, and what it leads to be left as it was. */
  private static Path linksFollowed(FileSystem fileSystem, Path given) throws IOException {
    Path target = fileSystem.makeQualified(given);
    if (fileSystem instanceof RawLocalFileSystem local) {
      java.nio.file.Path path = local.pathToFile(target).toPath();
      return Files.exists(path)
          ? fileSystem.makeQualified(new Path(null, null, path.toRealPath().toString()))
          : target;
    }
    return target;
  }

  private void requireFree() throws IOException {
    if (!fileSystem.exists(target)) {
      return;
    }
    if (!fileSystem.getFileStatus(target).isDirectory()) {
      throw taken("is a file", "choose another place");
    }
    if (replaced.isEmpty()) {
      throw taken("is there already", "choose another place, or replace it with --overwrite");
    }
    String advice =
        "only what this verb wrote is replaced, so choose another place, or remove it yourself";
    Owner owner = replaced.get();
    List<String> names =
        Arrays.stream(fileSystem.listStatus(target))
            .filter(found -> !(held && HeldBackCommit.isOfUploads(found.getPath().getName())))
            .map(found -> found.getPath().getName())
            .sorted()
            .toList();
    for (String name : names) {
      if (!owner.mayHold().test(name)) {
        throw taken(Text.format("holds '%s', which is none of its files", name), advice);
      }
    }
    if (!names.isEmpty() && !(names.contains(owner.mark()) && isMarked(owner))) {
      throw taken(Text.format("has no %s of this job", owner.mark()), advice);
    }
  }

  private boolean isMarked(Owner owner) throws IOException {
    try (InputStream in = fileSystem.open(new Path(target, owner.mark()))) {
      return owner.isMark().test(in.readAllBytes());
    }
  }

  private StorageException taken(String what, String advice) {
    return new StorageException(Reason.EXISTS, Text.format("%s %s: %s", target, what, advice));
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

  private void attempt(String what, Publication.Cleaning calls) {
    StorageFailure.attempt(
        what,
        target.toString(),
        () -> {
          calls.run();
          return null;
        });
  }
}

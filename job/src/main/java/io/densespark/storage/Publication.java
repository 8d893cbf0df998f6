package io.densespark.storage;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.hdfs.DistributedFileSystem;

/** How one kind of file system makes a file appear whole and stay. */
sealed interface Publication permits LocalPublication, HdfsPublication, ObjectPublication {

  /** What to do with a file that is there under the name. */
  enum Existing {
    REFUSE,
    REPLACE
  }

  /** Temporary files are named so that listings leave them out. */
  String TEMPORARY_SUFFIX = ".tmp";

  String OBJECT_SCHEME = "s3a";

  /**
   * Writes the content and makes it appear at the target; parents are created.
   *
   * @throws FileAlreadyExistsException if the target is there and was to be new
   */
  void publish(Path target, Content content, Existing existing) throws IOException;

  /**
   * Refuses kinds of file systems whose guarantees are unknown, before anything connects to one.
   */
  static void requireSupported(String scheme, Configuration configuration) throws IOException {
    Class<? extends FileSystem> kind = FileSystem.getFileSystemClass(scheme, configuration);
    if (!LocalFileSystem.class.isAssignableFrom(kind)
        && !RawLocalFileSystem.class.isAssignableFrom(kind)
        && !DistributedFileSystem.class.isAssignableFrom(kind)
        && !OBJECT_SCHEME.equals(scheme)) {
      throw unsupported(scheme);
    }
  }

  /** The way of the given file system; the ones whose guarantees are unknown are refused. */
  static Publication of(FileSystem fileSystem) throws UnsupportedFileSystemException {
    if (fileSystem instanceof RawLocalFileSystem local) {
      return new LocalPublication(local);
    }
    if (fileSystem instanceof DistributedFileSystem hdfs) {
      return new HdfsPublication(hdfs);
    }
    if (fileSystem.getUri().getScheme().equals(OBJECT_SCHEME)) {
      return new ObjectPublication(fileSystem);
    }
    throw unsupported(fileSystem.getUri().getScheme());
  }

  private static UnsupportedFileSystemException unsupported(String scheme) {
    return new UnsupportedFileSystemException(
        "no way is known to publish files atomically on scheme " + scheme);
  }

  /** A name beside the target that no other writer has. */
  static Path temporaryBeside(Path target) {
    String name = "." + target.getName() + "." + UUID.randomUUID() + TEMPORARY_SUFFIX;
    // By parts: a colon would be taken for the end of a scheme.
    return new Path(target.getParent(), new Path(null, null, name));
  }

  static boolean isTemporary(String name) {
    return name.startsWith(".") && name.endsWith(TEMPORARY_SUFFIX);
  }

  static FileAlreadyExistsException alreadyThere(Path target) {
    return new FileAlreadyExistsException(target.getName() + " is there already");
  }

  /** Runs a clean-up that must not hide the failure which led to it. */
  static void cleanUp(Throwable failure, Cleaning cleaning) {
    try {
      cleaning.run();
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  /** A clean-up after a failure. */
  @FunctionalInterface
  interface Cleaning {
    void run() throws IOException;
  }

  /**
   * What content may write to: its {@code close} only flushes, since the file still has to be
   * synced, and an object store publishes on close.
   */
  static OutputStream guarded(OutputStream out) {
    return new FilterOutputStream(out) {
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
      }

      @Override
      public void close() throws IOException {
        flush();
      }
    };
  }
}

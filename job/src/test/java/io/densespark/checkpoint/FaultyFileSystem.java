package io.densespark.checkpoint;

import io.densespark.storage.LocalFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.Syncable;
import org.apache.hadoop.util.Progressable;

/**
 * The local file system under the scheme {@code faulty}, whose n-th change fails: creating, writing
 * (half of the bytes arrive), syncing, closing, renaming, deleting, making a directory. One test at
 * a time.
 */
public final class FaultyFileSystem extends LocalFiles {

  /** How the chosen operation fails. */
  public enum Fault {
    /** Once; what follows works. */
    EXCEPTION,
    /** Everything that needs room fails from then on; deleting works. */
    DISK_FULL,
    /** The process is gone: nothing happens from then on, no clean-up either. */
    KILL
  }

  /** Stands for the end of the process, and so is not an exception that anything handles. */
  public static final class Killed extends Error {
    private static final long serialVersionUID = 1;

    Killed() {
      super("killed");
    }
  }

  private enum Change {
    NEEDS_ROOM,
    FREES_ROOM
  }

  private static final URI ROOT = URI.create("faulty:///");
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static volatile Fault fault;
  private static volatile int failAt = Integer.MAX_VALUE;

  /** Arms the n-th change from now, counted from 1. */
  public static void arm(Fault kind, int operation) {
    fault = kind;
    failAt = operation;
    COUNT.set(0);
  }

  public static void disarm() {
    failAt = Integer.MAX_VALUE;
  }

  /** Whether the armed operation was reached. */
  public static boolean struck() {
    return COUNT.get() >= failAt;
  }

  private static void change(Change kind) throws IOException {
    int number = COUNT.incrementAndGet();
    if (number < failAt) {
      return;
    }
    switch (fault) {
      case EXCEPTION -> {
        if (number == failAt) {
          throw new IOException("injected failure");
        }
      }
      case DISK_FULL -> {
        if (kind == Change.NEEDS_ROOM) {
          throw new IOException("No space left on device");
        }
      }
      case KILL -> throw new Killed();
    }
  }

  @Override
  public URI getUri() {
    return ROOT;
  }

  @Override
  public String getScheme() {
    return "faulty";
  }

  /** The method that every other way of creating a file ends in, of those that the store uses. */
  @Override
  public FSDataOutputStream create(
      Path file,
      boolean overwrite,
      int bufferBytes,
      short replication,
      long blockBytes,
      Progressable progress)
      throws IOException {
    change(Change.NEEDS_ROOM);
    FSDataOutputStream inner =
        super.create(file, overwrite, bufferBytes, replication, blockBytes, progress);
    return new FSDataOutputStream(new FaultyStream(inner), null);
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    change(Change.NEEDS_ROOM);
    return super.rename(from, to);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    change(Change.FREES_ROOM);
    return super.delete(path, recursive);
  }

  @Override
  public boolean mkdirs(Path path) throws IOException {
    change(Change.NEEDS_ROOM);
    return super.mkdirs(path);
  }

  private static final class FaultyStream extends OutputStream implements Syncable {
    private final FSDataOutputStream inner;

    FaultyStream(FSDataOutputStream inner) {
      this.inner = inner;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        change(Change.NEEDS_ROOM);
      } catch (IOException | Killed e) {
        if (COUNT.get() == failAt) {
          inner.write(bytes, offset, length / 2);
          inner.flush();
        }
        throw e;
      }
      inner.write(bytes, offset, length);
    }

    @Override
    public void hflush() throws IOException {
      inner.hflush();
    }

    @Override
    public void hsync() throws IOException {
      change(Change.NEEDS_ROOM);
      inner.hsync();
    }

    @Override
    public void close() throws IOException {
      inner.close();
      change(Change.NEEDS_ROOM);
    }
  }
}

package io.densespark.storage;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * POSIX files: a temporary file in the same directory, synced, then renamed over the target or,
 * where the target must be new, hard-linked to it (rename would overwrite, a link fails if the name
 * is taken; both are atomic).
 */
record LocalPublication(RawLocalFileSystem fileSystem) implements Publication {

  @Override
  public void publish(Path target, Content content, Existing existing) throws IOException {
    if (existing == Existing.REFUSE && fileSystem.exists(target)) {
      throw Publication.alreadyThere(target);
    }
    Deque<File> changed = missingDirectories(target);
    if (!fileSystem.mkdirs(target.getParent())) {
      throw new IOException("mkdirs failed for " + target.getParent());
    }
    Path temporary = Publication.temporaryBeside(target);
    try {
      try (FSDataOutputStream out = fileSystem.create(temporary, false)) {
        content.writeTo(Publication.guarded(out));
        out.hsync();
      }
      switch (existing) {
        case REPLACE -> rename(temporary, target);
        case REFUSE -> link(temporary, target);
      }
    } catch (IOException | RuntimeException | FSError e) {
      // FSError is what Hadoop makes of a disk that is full or broken.
      Publication.cleanUp(e, () -> fileSystem.delete(temporary, false));
      throw e;
    }
    for (File directory : changed) {
      syncDirectory(directory);
    }
  }

  private void rename(Path temporary, Path target) throws IOException {
    // The file system's own rename would move a file into a directory of that name.
    if (fileSystem.pathToFile(target).isDirectory()) {
      throw Publication.alreadyThere(target);
    }
    if (!fileSystem.rename(temporary, target)) {
      throw new IOException("rename to " + target.getName() + " was refused");
    }
  }

  private void link(Path temporary, Path target) throws IOException {
    try {
      Files.createLink(
          fileSystem.pathToFile(target).toPath(), fileSystem.pathToFile(temporary).toPath());
    } catch (FileAlreadyExistsException e) {
      throw Publication.alreadyThere(target);
    } catch (UnsupportedOperationException e) {
      throw new IOException(
          "the file system under " + target.getParent() + " has no hard links", e);
    }
    fileSystem.delete(temporary, false);
  }

  /** The directory that receives the file and the parents of every directory still to be made. */
  private Deque<File> missingDirectories(Path target) {
    Deque<File> changed = new ArrayDeque<>();
    File directory = fileSystem.pathToFile(target).getParentFile();
    changed.add(directory);
    while (!directory.exists() && directory.getParentFile() != null) {
      directory = directory.getParentFile();
      changed.add(directory);
    }
    return changed;
  }

  /** A new name survives a power failure only when its directory was synced; POSIX only. */
  private static void syncDirectory(File directory) throws IOException {
    if (File.separatorChar != '/') {
      return;
    }
    try (FileChannel channel = FileChannel.open(directory.toPath(), StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}

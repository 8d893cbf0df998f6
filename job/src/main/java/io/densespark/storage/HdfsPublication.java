package io.densespark.storage;

import java.io.IOException;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;

/**
 * HDFS: a temporary file in the same directory, every block synced to disk on its data nodes, then
 * one rename, which the name node does atomically, with or without overwriting.
 */
record HdfsPublication(DistributedFileSystem fileSystem) implements Publication {

  @Override
  public void publish(Path target, Content content, Existing existing) throws IOException {
    if (existing == Existing.REFUSE && fileSystem.exists(target)) {
      throw Publication.alreadyThere(target);
    }
    Path temporary = Publication.temporaryBeside(target);
    try {
      try (FSDataOutputStream out =
          fileSystem.createFile(temporary).overwrite(false).recursive().syncBlock().build()) {
        content.writeTo(Publication.guarded(out));
        out.hsync();
      }
      fileSystem.rename(
          temporary,
          target,
          existing == Existing.REPLACE ? Options.Rename.OVERWRITE : Options.Rename.NONE);
    } catch (IOException | RuntimeException e) {
      Publication.cleanUp(e, () -> fileSystem.delete(temporary, false));
      throw e;
    }
  }
}

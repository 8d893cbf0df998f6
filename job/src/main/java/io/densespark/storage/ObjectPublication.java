package io.densespark.storage;

import java.io.IOException;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * S3: an object appears whole when its upload completes on close, so it is written under its own
 * name and a failed upload is aborted, never closed.
 *
 * <p>Refusing an existing object is a check before the upload: S3A 3.3 has no conditional put. Of
 * two writers of one new name in the same moment the later one wins and neither is told; whoever
 * needs more takes a lock.
 */
record ObjectPublication(FileSystem fileSystem) implements Publication {

  @Override
  public void publish(Path target, Content content, Existing existing) throws IOException {
    if (existing == Existing.REFUSE && fileSystem.exists(target)) {
      throw Publication.alreadyThere(target);
    }
    FSDataOutputStream out = fileSystem.create(target, true);
    try {
      content.writeTo(Publication.guarded(out));
    } catch (IOException | RuntimeException | Error e) {
      Publication.cleanUp(e, out::abort);
      throw e;
    }
    out.close();
  }
}

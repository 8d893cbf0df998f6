package io.densespark.storage;

import java.io.IOException;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * S3: an object appears whole when its upload completes on close, so it is written under its own
 * name and a failed upload is aborted, never closed.
 *
 * <p>An existing object is refused by a check before the upload, and by the store itself at its end
 * ({@code If-None-Match}) where S3A asks it to: from Hadoop 3.4.2 on, unless {@code
 * fs.s3a.create.conditional.enabled} is off. Where neither S3A nor the store can, of two writers of
 * one new name in the same moment the later one wins and neither is told; whoever needs more takes
 * a lock.
 */
record ObjectPublication(FileSystem fileSystem) implements Publication {

  /** Of Hadoop 3.4.2; earlier ones pass it over. */
  private static final String CONDITIONAL = "fs.option.create.conditional.overwrite";

  @Override
  public void publish(Path target, Content content, Existing existing) throws IOException {
    boolean fresh = existing == Existing.REFUSE;
    if (fresh && fileSystem.exists(target)) {
      throw Publication.alreadyThere(target);
    }
    FSDataOutputStream out = create(target, fresh);
    try {
      content.writeTo(Publication.guarded(out));
    } catch (IOException | RuntimeException | Error e) {
      Publication.cleanUp(e, out::abort);
      throw e;
    }
    try {
      out.close();
    } catch (IOException e) {
      throw fresh && StorageFailure.changedRemotely(e) ? Publication.alreadyThere(target) : e;
    }
  }

  private FSDataOutputStream create(Path target, boolean fresh) throws IOException {
    if (!fresh || !fileSystem.hasPathCapability(target, CONDITIONAL)) {
      return fileSystem.create(target, true);
    }
    FSDataOutputStreamBuilder<?, ?> builder = fileSystem.createFile(target);
    builder.overwrite(true);
    builder.opt(CONDITIONAL, true);
    return builder.build();
  }
}

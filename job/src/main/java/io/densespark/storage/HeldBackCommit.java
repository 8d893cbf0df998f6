package io.densespark.storage;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.OutputCommitter;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.hadoop.mapreduce.lib.output.PathOutputCommitter;
import org.apache.hadoop.mapreduce.lib.output.PathOutputCommitterFactory;

/**
 * Hadoop's committer whose files are uploads that nobody sees until the job commits, and nothing of
 * which remains if it does not. For {@code s3a:} alone.
 */
public final class HeldBackCommit {

  /** Entry of a job's configuration: whether its files take the place of those that are there. */
  public static final String REPLACE = "densespark.output.replace";

  /** The file that says whose directory this is, which is replaced later. */
  public static final String MARK = "densespark.output.mark";

  private HeldBackCommit() {}

  /**
   * Whether jobs that are not over have their uploads in this directory: S3A 3.4 adds their ids.
   */
  static boolean isOfUploads(String name) {
    return name.startsWith("__magic");
  }

  private static void configure(Configuration configuration) {
    configuration.set("fs.s3a.committer.name", "magic");
    configuration.set("fs.s3a.committer.magic.enabled", "true");
    // It would come before the job's own last files.
    configuration.set("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false");
  }

  /** The committer of a task or job that writes to a URI. */
  public static OutputCommitter committer(String uri, TaskAttemptContext context)
      throws IOException {
    configure(context.getConfiguration());
    Path output = new Path(uri);
    return PathOutputCommitterFactory.getCommitterFactory(output, context.getConfiguration())
        .createOutputCommitter(output, context);
  }

  /**
   * Removes what is to be replaced; nothing but the commit is left to do then. The mark stays, so
   * that what a job leaves that is killed now can be replaced by the next.
   */
  public static void beforeCommit(String uri, Configuration configuration) throws IOException {
    if (!configuration.getBoolean(REPLACE, false)) {
      return;
    }
    Path output = new Path(uri);
    FileSystem fileSystem = output.getFileSystem(configuration);
    // First of all the mark, so that what is left is not taken for whole.
    fileSystem.delete(new Path(output, StagedDirectory.SUCCESS), false);
    for (FileStatus status : fileSystem.listStatus(output)) {
      String name = status.getPath().getName();
      if (!isOfUploads(name) && !name.equals(configuration.get(MARK))) {
        fileSystem.delete(status.getPath(), true);
      }
    }
  }

  /** Where a task writes a file of this name. */
  public static String file(OutputCommitter committer, String name) throws IOException {
    return new Path(((PathOutputCommitter) committer).getWorkPath(), name).toString();
  }
}

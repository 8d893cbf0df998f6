package io.densespark.prediction;

import io.densespark.storage.HeldBackCommit;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.OutputCommitter;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.spark.internal.io.FileCommitProtocol;
import org.apache.spark.internal.io.FileNameSpec;
import org.apache.spark.internal.io.HadoopMapReduceCommitProtocol;
import scala.Option;
import scala.collection.Seq;

/**
 * Has Spark's writers use {@link HeldBackCommit}. Spark creates it by name, for {@code
 * spark.sql.sources.commitProtocolClass}.
 */
public final class HeldBackCommitProtocol extends HadoopMapReduceCommitProtocol {

  private final String uri;
  private transient OutputCommitter current;

  /** As Spark calls it. */
  public HeldBackCommitProtocol(String jobId, String path, boolean dynamicPartitionOverwrite) {
    super(jobId, path, dynamicPartitionOverwrite);
    this.uri = path;
  }

  @Override
  public OutputCommitter setupCommitter(TaskAttemptContext context) {
    try {
      current = HeldBackCommit.committer(uri, context);
      return current;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void commitJob(JobContext context, Seq<FileCommitProtocol.TaskCommitMessage> tasks) {
    try {
      HeldBackCommit.beforeCommit(uri, context.getConfiguration());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    super.commitJob(context, tasks);
  }

  @Override
  public String newTaskTempFile(
      TaskAttemptContext context, Option<String> directory, FileNameSpec name) {
    try {
      String file = getFilename(context, name);
      return HeldBackCommit.file(
          current, directory.isDefined() ? directory.get() + "/" + file : file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

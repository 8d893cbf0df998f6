package io.densespark.cli;

import io.densespark.job.FailureText;
import io.densespark.job.Submission;
import io.densespark.job.Submission.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.apache.commons.io.output.TeeOutputStream;
import org.apache.hadoop.conf.Configuration;

/**
 * Runs a verb in a driver that was sent to a cluster, and leaves the outcome where it is looked
 * for. A driver that is started again after it had told an outcome which another try does not
 * change ends with that at once.
 *
 * @param hadoop settings of the output's file system
 */
record Submitted(Submission submission, Configuration hadoop) {

  /** Returns the exit code. */
  int run(String... arguments) {
    try {
      Optional<Outcome> earlier = submission.outcome(hadoop);
      if (earlier.isPresent() && !earlier.get().mayEndOtherwise()) {
        System.err.println(earlier.get().message());
        return earlier.get().exitCode();
      }
    } catch (RuntimeException e) {
      // The verb itself tells what is wrong with its output.
      System.err.println(FailureText.line(e));
    }
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    PrintStream err =
        new PrintStream(new TeeOutputStream(System.err, told), true, StandardCharsets.UTF_8);
    int code = new Cli(Main.session(err)).run(arguments);
    try {
      String message = told.toString(StandardCharsets.UTF_8).strip();
      submission.leave(new Outcome(code, message, Instant.now()), hadoop);
    } catch (RuntimeException e) {
      System.err.println(FailureText.line(e));
    }
    return code;
  }
}

package io.densespark.cli;

import io.densespark.config.RunConfigLoader;
import io.densespark.job.Inputs;
import io.densespark.job.Job;
import io.densespark.job.StopSignal;
import io.densespark.job.Submission;
import java.io.File;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;

/** Entry point of the job, under {@code java -jar} and {@code spark-submit} alike. */
public final class Main {

  /** Spark's and Hadoop's own shutdown may take a while; beyond this it is stuck. */
  private static final int SHUTDOWN_LIMIT_SECONDS = 60;

  private Main() {}

  /**
   * Runs one verb and ends the process with its exit code.
   *
   * @throws Exception in place of ending the process, for YARN's application master
   */
  public static void main(String[] args) throws Exception {
    // First, and so the last that is removed: empty by then.
    Optional.ofNullable(System.getProperty("densespark.temporary"))
        .map(File::new)
        .ifPresent(File::deleteOnExit);
    StopSignal.watch();
    // For what libraries write; the job's own text names its locale.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    Optional<Submission> submission = Submission.ofThisProcess();
    if (submission.isEmpty()) {
      endProcess(new Cli(session(System.err)).run(args), SHUTDOWN_LIMIT_SECONDS);
    } else {
      Submission.toScheduler(new Submitted(submission.get(), Inputs.hadoop()).run(args))
          .ifPresent(code -> endProcess(code, SHUTDOWN_LIMIT_SECONDS));
    }
  }

  /** That of this process, where what went wrong is told to {@code err}. */
  static Session session(PrintStream err) {
    return new Session(
        Job::run,
        new RunConfigLoader(),
        Optional.ofNullable(System.getProperty("spark.master")),
        Screen.ofProcess(),
        System.out,
        err);
  }

  /**
   * Ends the process whatever threads still run, and even if a shutdown hook never returns.
   *
   * @param limitSeconds how long shutdown hooks may take
   */
  static void endProcess(int code, int limitSeconds) {
    System.out.flush();
    System.err.flush();
    Thread guard =
        new Thread(
            () -> {
              try {
                Thread.sleep(limitSeconds * 1000L);
              } catch (InterruptedException e) {
                // Nothing interrupts it; ending at once is right all the same.
              }
              Runtime.getRuntime().halt(code);
            },
            "exit-guard");
    guard.setDaemon(true);
    guard.start();
    System.exit(code);
  }
}

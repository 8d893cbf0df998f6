package io.densespark.cli;

import io.densespark.config.ConfigException;
import io.densespark.config.RunConfigLoader;
import io.densespark.job.ExitCode;
import io.densespark.job.FailureText;
import io.densespark.job.Job;
import io.densespark.job.JobException;
import io.densespark.job.StopSignal;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * What every command needs.
 *
 * @param runner runs the job of a verb
 * @param loader from texts to settings
 * @param submittedMaster the master that {@code spark-submit} was given
 * @param screen what standard output can show
 * @param out standard output
 * @param err standard error, for what went wrong
 */
record Session(
    Runner runner,
    RunConfigLoader loader,
    Optional<String> submittedMaster,
    Screen screen,
    PrintStream out,
    PrintStream err) {

  /** Runs jobs. */
  @FunctionalInterface
  interface Runner {
    ExitCode run(Job job) throws Exception;
  }

  /** Runs a job; one that only shows has failed where nobody could be shown anything. */
  ExitCode run(Job job) throws Exception {
    ExitCode code = runner.run(job);
    if (job.onlyShows() && out.checkError()) {
      throw new JobException(
          ExitCode.PREFLIGHT, "standard output cannot be written: is the device full?", null);
    }
    return code;
  }

  /**
   * The exit code of an action; its failure is told in one line, and in full with {@code debug}.
   */
  int codeOf(boolean debug, Callable<ExitCode> action) {
    try {
      return action.call().number();
    } catch (ConfigException e) {
      err.println(e.getMessage());
      return ExitCode.USAGE.number();
      // Errors too: a native library that does not load is one, and so is memory that is used up.
    } catch (Throwable e) {
      Optional<ExitCode> signal = StopSignal.received();
      if (signal.isPresent()) {
        return signal.get().number();
      }
      ExitCode code = ExitCode.of(e);
      if (debug) {
        e.printStackTrace(err);
      }
      String hint = debug || code != ExitCode.INTERNAL ? "" : "; --debug shows where";
      err.printf(
          Locale.ROOT,
          "densespark: %s (exit code %d%s)%n",
          FailureText.line(e),
          code.number(),
          hint);
      return code.number();
    }
  }
}

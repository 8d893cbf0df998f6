package io.densespark.job;

/**
 * What a verb does, with valid settings and the options of the verb. The code returned, or that of
 * the exception thrown ({@link ExitCode#of}), is how the process ends.
 */
@FunctionalInterface
public interface Job {

  /** Does it. */
  ExitCode run() throws Exception;

  /** Whether what it shows is all that comes of it: lost, the job has failed. */
  default boolean onlyShows() {
    return false;
  }
}

package io.densespark.job;

import io.densespark.config.RunConfig;

/**
 * What can be done, each with valid settings. The command line calls these and knows nothing else
 * of the job; the code returned, or that of the exception thrown, is how the process ends.
 */
public interface Verbs {

  /** Trains, or resumes the run of that id, or does nothing where it is finished. */
  ExitCode train(RunConfig config, RunDisplay display) throws Exception;

  /** Measures a DL4J model zip, at a path or Hadoop URI, on the test images. */
  ExitCode evaluate(RunConfig config, String model, RunDisplay display) throws Exception;

  /** Predicts images on the cluster and writes the predictions as Parquet. */
  ExitCode predict(RunConfig config, PredictRequest request, RunDisplay display) throws Exception;

  /** Checks what a run needs: Java, memory, native libraries, data, output, Spark. */
  ExitCode doctor(RunConfig config, RunDisplay display) throws Exception;

  /** The exit code of a failure that no verb caught. */
  ExitCode exitCodeOf(Throwable failure);
}

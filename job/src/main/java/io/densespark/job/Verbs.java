package io.densespark.job;

import io.densespark.config.RunConfig;
import java.util.Optional;

/**
 * What can be done, each with valid settings. The command line calls these and knows nothing else
 * of the job; the code returned, or that of the exception thrown, is how the process ends.
 */
public interface Verbs {

  /** Trains, or resumes the run of that id, or does nothing where it is finished. */
  ExitCode train(RunConfig config, RunDisplay display) throws Exception;

  /** Measures a DL4J model zip, at a path or Hadoop URI, on the test images. */
  ExitCode evaluate(RunConfig config, String model, RunDisplay display) throws Exception;

  /** Makes the model of the run that the settings name, or a zip, the next version. */
  ExitCode register(RunConfig config, Optional<String> model, RunDisplay display) throws Exception;

  /** Makes a version the champion, if the gate lets it through. */
  ExitCode promote(RunConfig config, PromoteRequest request, RunDisplay display) throws Exception;

  /** Returns to the champion before this one, or to an earlier one. */
  ExitCode rollback(RunConfig config, Optional<Integer> to, RunDisplay display) throws Exception;

  /** Lists the versions of the model that the settings name. */
  ExitCode models(RunConfig config, RunDisplay display) throws Exception;

  /** The same as JSON. */
  String modelsJson(RunConfig config) throws Exception;

  /** Trains, evaluates, registers and promotes, or finds that this slot is done. */
  ExitCode retrain(RunConfig config, RetrainRequest request, RunDisplay display) throws Exception;

  /** Checks what a run needs: Java, memory, native libraries, data, output, Spark. */
  ExitCode doctor(RunConfig config, RunDisplay display) throws Exception;

  /** The exit code of a failure that no verb caught. */
  ExitCode exitCodeOf(Throwable failure);
}

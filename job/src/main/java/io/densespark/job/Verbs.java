package io.densespark.job;

import io.densespark.config.RunConfig;
import java.util.List;
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

  /** Lists the runs of the workspace, as a table or as JSON. */
  ExitCode runs(RunConfig config, RunOrder order, boolean json, RunDisplay display)
      throws Exception;

  /** Shows two or more runs of the workspace beside each other, as tables or as JSON. */
  ExitCode compareRuns(RunConfig config, List<String> runIds, boolean json, RunDisplay display)
      throws Exception;

  /** Writes the report and the tables of a run of the workspace from its files as they are. */
  ExitCode report(RunConfig config, String runId, RunDisplay display) throws Exception;

  /** Predicts images on the cluster and writes the predictions as Parquet. */
  ExitCode predict(RunConfig config, PredictRequest request, RunDisplay display) throws Exception;

  /** Copies a model of a run of the workspace to any place. */
  ExitCode export(RunConfig config, ExportRequest request, RunDisplay display) throws Exception;

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

package io.densespark.job;

import io.densespark.checkpoint.CheckpointException;
import io.densespark.config.ConfigException;
import io.densespark.config.RunConfig;
import io.densespark.data.DataException;
import io.densespark.engine.EngineUnavailableException;
import io.densespark.engine.UnsupportedGraphException;
import io.densespark.model.ModelException;
import io.densespark.registry.RegistryException;
import io.densespark.storage.LockHeldException;
import io.densespark.storage.LockLostException;
import io.densespark.storage.StorageException;
import io.densespark.sync.SyncException;
import io.densespark.train.DivergedException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkException;

/** The verbs of the job. */
public final class JobVerbs implements Verbs {

  @Override
  public ExitCode train(RunConfig config, RunDisplay display) {
    return new TrainJob(config, display, this::exitCodeOf).run();
  }

  @Override
  public ExitCode evaluate(RunConfig config, String model, RunDisplay display) throws IOException {
    return new EvaluateJob(config, model, display).run();
  }

  @Override
  public ExitCode runs(RunConfig config, RunOrder order, boolean json, RunDisplay display) {
    return new RunsJob(config, display).run(order, json);
  }

  @Override
  public ExitCode compareRuns(
      RunConfig config, List<String> runIds, boolean json, RunDisplay display) {
    return new CompareRunsJob(config, display).run(runIds, json);
  }

  @Override
  public ExitCode report(RunConfig config, String runId, RunDisplay display) {
    return new ReportJob(config, display).run(runId);
  }

  @Override
  public ExitCode predict(RunConfig config, PredictRequest request, RunDisplay display)
      throws IOException {
    return new PredictJob(config, request, display).run();
  }

  @Override
  public ExitCode export(RunConfig config, ExportRequest request, RunDisplay display)
      throws IOException {
    return new ExportJob(config, request, display).run();
  }

  @Override
  public ExitCode register(RunConfig config, Optional<String> model, RunDisplay display)
      throws IOException {
    return new RegisterJob(config, model, display).run();
  }

  @Override
  public ExitCode promote(RunConfig config, PromoteRequest request, RunDisplay display)
      throws IOException {
    return new PromoteJob(config, request, display).run();
  }

  @Override
  public ExitCode rollback(RunConfig config, Optional<Integer> to, RunDisplay display) {
    try (Workspace workspace = Workspace.open(config)) {
      display.message("version %d is the champion".formatted(workspace.registry().rollBack(to)));
      return ExitCode.SUCCESS;
    }
  }

  @Override
  public ExitCode models(RunConfig config, RunDisplay display) {
    return new ModelsJob(config, display).show();
  }

  @Override
  public String modelsJson(RunConfig config) {
    return new ModelsJob(config, null).json();
  }

  @Override
  public ExitCode retrain(RunConfig config, RetrainRequest request, RunDisplay display)
      throws IOException {
    return new RetrainJob(config, request, display, this::exitCodeOf).run();
  }

  @Override
  public ExitCode doctor(RunConfig config, RunDisplay display) {
    return new DoctorJob(config, display).run();
  }

  @Override
  public ExitCode exitCodeOf(Throwable failure) {
    if (failure instanceof ConfigException
        || failure instanceof ModelException
        || failure instanceof RunExistsException
        || failure instanceof NoSuchRunException
        || failure instanceof RegistryException) {
      return ExitCode.USAGE;
    }
    if (failure instanceof CheckpointException) {
      // Wherever the store is: the run was under way when it failed.
      return failure.getCause() instanceof LockLostException
          ? ExitCode.LOCK_HELD
          : ExitCode.TRAINING_FAILED;
    }
    if (failure instanceof LockHeldException || failure instanceof LockLostException) {
      return ExitCode.LOCK_HELD;
    }
    if (failure instanceof DataException || failure instanceof FileNotFoundException) {
      return ExitCode.DATA;
    }
    if (failure instanceof PreflightException
        || failure instanceof EngineUnavailableException
        || failure instanceof UnsupportedGraphException) {
      return ExitCode.PREFLIGHT;
    }
    if (failure instanceof OutputLostException) {
      return ExitCode.TRAINING_FAILED;
    }
    if (failure instanceof StorageException storage) {
      return switch (storage.reason()) {
        case FULL, FAILED -> ExitCode.TRAINING_FAILED;
        default -> ExitCode.PREFLIGHT;
      };
    }
    if (failure instanceof SyncException sync) {
      return switch (sync.reason()) {
        case PREFLIGHT -> ExitCode.PREFLIGHT;
        case TIMED_OUT -> ExitCode.TIMED_OUT;
        case FAILED -> ExitCode.TRAINING_FAILED;
      };
    }
    if (failure instanceof DivergedException) {
      return ExitCode.DIVERGED;
    }
    if (failure instanceof TimeLimitException) {
      return ExitCode.TIMED_OUT;
    }
    // What a task found out about its data.
    if (failure instanceof SparkException && failure.getCause() != null) {
      ExitCode cause = exitCodeOf(failure.getCause());
      if (cause == ExitCode.DATA || cause == ExitCode.PREFLIGHT) {
        return cause;
      }
    }
    return failure instanceof SparkException ? ExitCode.TRAINING_FAILED : ExitCode.INTERNAL;
  }
}

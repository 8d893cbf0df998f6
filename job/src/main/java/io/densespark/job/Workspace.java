package io.densespark.job;

import io.densespark.config.RunConfig;
import io.densespark.metrics.RunDirectory;
import io.densespark.registry.ModelRegistry;
import io.densespark.storage.Store;

/**
 * The output that the settings name, with its runs and its registry.
 *
 * @param store closed with this
 */
public record Workspace(RunConfig config, Store store) implements AutoCloseable {

  public static Workspace open(RunConfig config) {
    return new Workspace(config, Store.open(config.run().output(), Inputs.hadoop(config)));
  }

  public ModelRegistry registry() {
    return new ModelRegistry(
        store, config.registry().name(), config.run().lockLease(), config.registry().timeout());
  }

  /** The directory of a run that is there or may begin. */
  public RunDirectory run(String runId) {
    try {
      return new RunDirectory(store, runId);
    } catch (IllegalArgumentException e) {
      throw JobException.usage(e.getMessage());
    }
  }

  /**
   * The directory of a run that was begun.
   *
   * @throws JobException if there is none
   */
  public RunDirectory existing(String runId) {
    RunDirectory run = run(runId);
    if (!run.exists()) {
      throw JobException.noSuchRun(run);
    }
    return run;
  }

  @Override
  public void close() {
    store.close();
  }
}

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
        store, config.registry().name(), config.run().lockLease(), config.registry().patience());
  }

  public RunDirectory run(String runId) {
    return new RunDirectory(store, runId);
  }

  @Override
  public void close() {
    store.close();
  }
}

package io.densespark.job.pipeline;

import io.densespark.config.RunConfig;
import io.densespark.dataset.ImageSource;
import io.densespark.evaluation.ExampleResults;
import io.densespark.job.ExitCode;
import io.densespark.job.Inputs;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.SparkConnection;
import io.densespark.job.Workspace;
import io.densespark.registry.ModelRegistry;
import io.densespark.registry.ModelVersion;
import io.densespark.registry.RegistryException;
import io.densespark.text.Text;
import java.io.IOException;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/** Makes the model of a run, or a DL4J zip, the next version and the candidate. */
public record RegisterJob(RunConfig config, RunDisplay display, Optional<String> model)
    implements Job {

  @Override
  public ExitCode run() throws IOException {
    Configuration hadoop = Inputs.hadoop(config);
    try (Workspace workspace = Workspace.open(config)) {
      display.phase("reading the model");
      Candidate candidate =
          model.isPresent()
              ? Candidate.ofZip(model.get(), hadoop)
              : Candidate.ofRun(workspace.run(runId()));
      candidate.model().requireFinite(candidate.source());
      ModelRegistry registry = workspace.registry();
      Optional<ModelVersion> known = registry.byKey(candidate.key());
      if (known.isPresent()) {
        display.message(
            Text.format(
                "%s is registered already, as version %d of %s",
                candidate.source(), known.get().version(), registry.name()));
        return ExitCode.SUCCESS;
      }
      ImageSource source = Inputs.images(config, hadoop);
      display.phase("starting Spark");
      try (SparkConnection spark = SparkConnection.open(config);
          TestBench bench = new TestBench(config, spark, source.open(spark.context()))) {
        register(registry, candidate, measured(bench, candidate, display), bench, display);
      }
    }
    return ExitCode.SUCCESS;
  }

  static ExampleResults measured(TestBench bench, Candidate candidate, RunDisplay display) {
    display.phase("evaluating the candidate");
    return bench.measure(candidate.model(), candidate.source());
  }

  static ModelVersion register(
      ModelRegistry registry,
      Candidate candidate,
      ExampleResults results,
      TestBench bench,
      RunDisplay display) {
    display.phase("registering");
    ModelVersion version = registry.register(candidate.asVersion(results, bench.testSetSha256()));
    display.message(
        Text.format(
            "version %d of %s is the candidate: %s",
            version.version(),
            registry.name(),
            registry.path(version.version(), ModelVersion.MODEL)));
    return version;
  }

  private String runId() {
    return config
        .run()
        .runId()
        .orElseThrow(
            () ->
                new RegistryException(
                    "nothing to register is named: give --run-id of a finished run, or --model URI of a DL4J zip"));
  }
}

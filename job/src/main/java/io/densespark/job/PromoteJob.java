package io.densespark.job;

import io.densespark.config.RunConfig;
import io.densespark.data.LabelledImages;
import io.densespark.evaluation.ExampleResults;
import io.densespark.registry.GateDecision;
import io.densespark.registry.ModelRegistry;
import io.densespark.registry.RegistryException;
import java.io.IOException;
import java.util.Optional;

/** Lets a version through the gate, and makes it the champion. */
final class PromoteJob {

  private final RunConfig config;
  private final PromoteRequest request;
  private final RunDisplay display;

  PromoteJob(RunConfig config, PromoteRequest request, RunDisplay display) {
    this.config = config;
    this.request = request;
    this.display = display;
  }

  ExitCode run() throws IOException {
    try (Workspace workspace = Workspace.open(config)) {
      ModelRegistry registry = workspace.registry();
      int version = version(registry);
      if (request.force().isPresent()) {
        return force(registry, version, request.force().get());
      }
      Candidate candidate = Candidate.ofVersion(registry, registry.version(version));
      LabelledImages images = Experiment.images(config, Experiment.hadoop(config));
      display.phase("starting Spark");
      try (SparkConnection spark = SparkConnection.open(config);
          TestBench bench = new TestBench(config, spark, images)) {
        ExampleResults results = RegisterJob.measured(bench, candidate, display);
        GateJob gate = new GateJob(config, registry, bench, images, display);
        GateDecision decision =
            request.dryRun()
                ? gate.decide(version, candidate, results)
                : gate.apply(version, candidate, results);
        return outcome(decision, request.dryRun(), display);
      }
    }
  }

  /** Says what came of it. */
  static ExitCode outcome(GateDecision decision, boolean dryRun, RunDisplay display) {
    String would = dryRun ? " (dry run: nothing was changed)" : "";
    if (decision.accepted()) {
      display.message(
          "version %d %s the champion%s"
              .formatted(decision.version(), dryRun ? "would become" : "is", would));
      return ExitCode.SUCCESS;
    }
    display.warning(
        "version %d is rejected, the champion stays %s%s. %s"
            .formatted(
                decision.version(),
                decision.champion() == null ? "none" : "version " + decision.champion(),
                would,
                decision.reason()));
    return ExitCode.GATE_REJECTED;
  }

  private ExitCode force(ModelRegistry registry, int version, String reason) {
    if (request.dryRun()) {
      throw new RegistryException(
          "--force asks no gate, so there is nothing for --dry-run to show");
    }
    registry.promoteUnasked(version, reason);
    display.warning("version %d is the champion without having passed the gate".formatted(version));
    return ExitCode.SUCCESS;
  }

  private int version(ModelRegistry registry) {
    return request
        .version()
        .or(() -> Optional.ofNullable(registry.aliases().candidate()))
        .orElseThrow(
            () ->
                new RegistryException(
                    "%s has no version yet: register a run or a zip first"
                        .formatted(registry.uri())));
  }
}

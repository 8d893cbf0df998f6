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
import io.densespark.registry.GateDecision;
import io.densespark.registry.ModelRegistry;
import io.densespark.registry.RegistryException;
import io.densespark.text.Text;
import java.io.IOException;
import java.util.Optional;

/**
 * Lets a version through the gate, and makes it the champion.
 *
 * @param version empty: the candidate
 * @param dryRun whether nothing is changed
 * @param force reason to ask no gate
 */
public record PromoteJob(
    RunConfig config,
    RunDisplay display,
    Optional<Integer> version,
    boolean dryRun,
    Optional<String> force)
    implements Job {

  @Override
  public ExitCode run() throws IOException {
    try (Workspace workspace = Workspace.open(config)) {
      ModelRegistry registry = workspace.registry();
      int chosen = choose(registry);
      if (force.isPresent()) {
        return forced(registry, chosen, force.get());
      }
      Candidate candidate = Candidate.ofVersion(registry, registry.version(chosen));
      ImageSource source = Inputs.images(config, Inputs.hadoop(config));
      display.phase("starting Spark");
      try (SparkConnection spark = SparkConnection.open(config);
          TestBench bench = new TestBench(config, spark, source.open(spark.context()))) {
        ExampleResults results = RegisterJob.measured(bench, candidate, display);
        GateJob gate = new GateJob(config, registry, bench, bench.images(), display);
        GateDecision decision =
            dryRun
                ? gate.decide(chosen, candidate, results)
                : gate.apply(chosen, candidate, results);
        return outcome(decision, dryRun, display);
      }
    }
  }

  /** Says what came of it. */
  static ExitCode outcome(GateDecision decision, boolean dryRun, RunDisplay display) {
    String would = dryRun ? " (dry run: nothing was changed)" : "";
    if (decision.accepted()) {
      display.message(
          Text.format(
              "version %d %s the champion%s",
              decision.version(), dryRun ? "would become" : "is", would));
      return ExitCode.SUCCESS;
    }
    display.warning(
        Text.format(
            "version %d is rejected, the champion stays %s%s. %s",
            decision.version(),
            decision.champion() == null ? "none" : "version " + decision.champion(),
            would,
            decision.reason()));
    return ExitCode.GATE_REJECTED;
  }

  private ExitCode forced(ModelRegistry registry, int chosen, String reason) {
    if (dryRun) {
      throw new RegistryException(
          "--force asks no gate, so there is nothing for --dry-run to show");
    }
    registry.promoteUnasked(chosen, reason);
    display.warning(
        Text.format("version %d is the champion without having passed the gate", chosen));
    return ExitCode.SUCCESS;
  }

  private int choose(ModelRegistry registry) {
    return version
        .or(() -> Optional.ofNullable(registry.aliases().candidate()))
        .orElseThrow(
            () ->
                new RegistryException(
                    Text.format(
                        "%s has no version yet: register a run or a zip first", registry.uri())));
  }
}

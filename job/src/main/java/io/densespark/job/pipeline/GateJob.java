package io.densespark.job.pipeline;

import io.densespark.config.RunConfig;
import io.densespark.dataset.ImageDataset;
import io.densespark.evaluation.ExampleResults;
import io.densespark.job.RunDisplay;
import io.densespark.registry.GateCheck;
import io.densespark.registry.GateDecision;
import io.densespark.registry.MeasuredModel;
import io.densespark.registry.ModelRegistry;
import io.densespark.registry.ModelVersion;
import io.densespark.registry.PromotionGate;
import io.densespark.settings.CanonicalText;
import io.densespark.text.Text;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Measures a version and the champion side by side, and lets the gate decide. */
record GateJob(
    RunConfig config,
    ModelRegistry registry,
    TestBench bench,
    ImageDataset images,
    RunDisplay display) {

  /** Another promotion may come between; so many in a row are no accident. */
  private static final int ATTEMPTS = 5;

  /** What the gate says now; nothing is written. */
  GateDecision decide(int version, Candidate candidate, ExampleResults results) throws IOException {
    String testSet = bench.testSetSha256();
    display.phase("timing the model");
    double latency = bench.latencyMillis(candidate.model(), candidate.source());
    MeasuredModel measured = candidate.asMeasured(version, results, latency, images, testSet);
    GateDecision decision =
        new PromotionGate(config.gate())
            .decide(measured, champion(version, measured), testSet, Instant.now());
    show(decision);
    return decision;
  }

  /** Decides and carries it out. */
  GateDecision apply(int version, Candidate candidate, ExampleResults results) throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      GateDecision decision = decide(version, candidate, results);
      display.phase("writing the decision down");
      if (registry.apply(decision)) {
        return decision;
      }
      display.warning("another version became the champion meanwhile; comparing again");
    }
    throw new IllegalStateException(
        Text.format(
            "the champion of %s changed %d times while the gate decided: find out who promotes there",
            registry.uri(), ATTEMPTS));
  }

  private Optional<MeasuredModel> champion(int version, MeasuredModel candidate)
      throws IOException {
    Integer number = registry.aliases().champion();
    if (number == null) {
      return Optional.empty();
    }
    ModelVersion champion = registry.version(number);
    if (number == version) {
      return Optional.of(candidate);
    }
    display.phase("evaluating champion " + number);
    Candidate known = Candidate.ofVersion(registry, champion);
    return Optional.of(
        known.asMeasured(
            number,
            bench.measure(known.model(), known.source()),
            Double.NaN,
            images,
            champion.testSetSha256()));
  }

  private void show(GateDecision decision) {
    List<List<String>> rows = new ArrayList<>();
    for (GateCheck check : decision.checks()) {
      rows.add(List.of(check.name(), CanonicalText.of(check.verdict()), check.reason()));
    }
    display.table("Gate", List.of("check", "verdict", "reason"), rows);
  }
}

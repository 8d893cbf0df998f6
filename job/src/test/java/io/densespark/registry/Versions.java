package io.densespark.registry;

import io.densespark.evaluation.EvaluationResult;
import io.densespark.metrics.Provenance;
import io.densespark.registry.GateCheck.Verdict;
import io.densespark.storage.Store;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Models without a net in them, for a registry that does not look inside. */
final class Versions {

  private Versions() {}

  static ModelRegistry registry(Store store) {
    return new ModelRegistry(store, "clothes", Duration.ofMinutes(1), Duration.ofSeconds(30));
  }

  static NewVersion model(String key) {
    Provenance provenance =
        Provenance.collect(
            Map.of(),
            Map.of("file:/data/images", "0".repeat(64)),
            Map.of("train.seed", 42L),
            Map.of("spark.hadoop.fs.s3a.secret.key", "hidden-as-it-should-be"),
            1,
            null);
    return new NewVersion(
        key,
        Optional.of("run-of-" + key),
        "file:/runs/" + key + "/model.zip",
        zip(key),
        "a".repeat(64),
        "b".repeat(64),
        metrics(0.9),
        Optional.of(provenance));
  }

  static byte[] zip(String key) {
    return ("the zip of " + key).getBytes(StandardCharsets.UTF_8);
  }

  /** Two classes, told right as often as the accuracy says. */
  static EvaluationResult metrics(double accuracy) {
    return new EvaluationResult(
        100,
        0.3,
        accuracy,
        Collections.nCopies(2, accuracy),
        Collections.nCopies(2, accuracy),
        0.02,
        List.of(List.of(50L, 0L), List.of(0L, 50L)),
        0);
  }

  static GateDecision accepted(int version, Integer champion) {
    return decision(version, champion, Verdict.PASSED);
  }

  static GateDecision rejected(int version, Integer champion) {
    return decision(version, champion, Verdict.FAILED);
  }

  private static GateDecision decision(int version, Integer champion, Verdict verdict) {
    GateCheck check = new GateCheck("a-check", verdict, 0.5, 0.6, "because", Map.of());
    return GateDecision.of(version, champion, "b".repeat(64), Instant.now(), List.of(check));
  }
}

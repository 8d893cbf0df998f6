package io.densespark.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.evaluation.EvaluationResult;
import io.densespark.registry.GateCheck.Verdict;
import io.densespark.registry.GateConfig.Comparison;
import io.densespark.storage.Json;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromotionGateTest {

  private static final String TEST_SET = "c".repeat(64);
  private static final int EXAMPLES = 1000;

  @Test
  void firstVersionNeedsNoChampion() {
    GateDecision decision = decide(Comparison.SIGNIFICANTLY_BETTER, good(), Optional.empty());

    assertThat(decision.accepted()).isTrue();
    assertThat(decision.champion()).isNull();
    assertThat(decision.reason()).contains("no champion yet");
    assertThat(check(decision, "accuracy-against-champion").verdict()).isEqualTo(Verdict.SKIPPED);
    assertThat(check(decision, "accuracy-against-champion").reason()).contains("no champion yet");
  }

  @ParameterizedTest
  @CsvSource({
    "finite-parameters, parameter 7 is NaN",
    "finite-predictions, 2 predictions",
    "data-checksums, train-images",
    "accuracy, '0.4, at least 0.5'",
    "class-recall, class, number 1",
    "calibration-error, '0.3, at most 0.15'",
    "model-megabytes, '7, at most 5'",
    "latency-millis, '900, at most 500'"
  })
  void eachCheckFailsAloneAndSaysWhy(String name, String reason) {
    GateDecision decision = decide(Comparison.NOT_WORSE, spoilt(name), Optional.empty());

    assertThat(decision.accepted()).isFalse();
    assertThat(decision.checks())
        .filteredOn(check -> check.verdict() == Verdict.FAILED)
        .extracting(GateCheck::name)
        .containsExactly(name);
    assertThat(check(decision, name).reason()).contains(reason.split(",")[0]);
    assertThat(decision.reason()).contains(name);
  }

  /** Of 1000 examples: right by the candidate alone, right by the champion alone. */
  @ParameterizedTest
  @CsvSource({
    "NOT_WORSE,            14, 10, true",
    "NOT_WORSE,            10, 12, true",
    "NOT_WORSE,             1,  9, false",
    "BETTER,               12, 10, true",
    "BETTER,               10, 10, false",
    "SIGNIFICANTLY_BETTER, 12, 10, false",
    "SIGNIFICANTLY_BETTER, 12,  2, true",
    "SIGNIFICANTLY_BETTER,  2, 12, false"
  })
  void candidateIsComparedExampleByExample(
      Comparison wanted, int onlyCandidate, int onlyChampion, boolean passes) {
    BitSet candidate = range(0, 900 + onlyCandidate);
    BitSet champion = range(0, 900);
    champion.or(range(900 + onlyCandidate, 900 + onlyCandidate + onlyChampion));
    GateDecision decision = decide(wanted, model(2, candidate), Optional.of(model(1, champion)));

    GateCheck check = check(decision, "accuracy-against-champion");
    assertThat(check.verdict()).isEqualTo(passes ? Verdict.PASSED : Verdict.FAILED);
    assertThat(check.details())
        .containsEntry("onlyCandidate", (double) onlyCandidate)
        .containsEntry("onlyChampion", (double) onlyChampion);
    assertThat(check.reason()).contains("p = ").contains("exact").contains("champion 1");
    assertThat(decision.champion()).isEqualTo(1);
  }

  @Test
  void dropBeyondTheLimitFailsWhereTooFewExamplesMakeItSignificant() {
    // 20 of 1000 worse, one against the other 100 to 120.
    BitSet candidate = range(0, 900);
    BitSet champion = range(100, 1000);
    champion.or(range(0, 20));
    GateDecision decision =
        decide(Comparison.NOT_WORSE, model(2, candidate), Optional.of(model(1, champion)));

    assertThat(check(decision, "accuracy-against-champion").verdict()).isEqualTo(Verdict.PASSED);
    assertThat(check(decision, "accuracy-drop").verdict()).isEqualTo(Verdict.FAILED);
    assertThat(check(decision, "accuracy-drop").value()).isEqualTo(0.02, withinRounding());
  }

  @Test
  void otherTestImagesThanTheChampionsAreRefusedUnlessAllowed() {
    MeasuredModel old = withTestSet(model(1, range(0, 900)), "d".repeat(64));

    GateDecision frozen = decide(Comparison.NOT_WORSE, good(), Optional.of(old));
    assertThat(frozen.accepted()).isFalse();
    assertThat(check(frozen, "frozen-test-set").reason()).contains("gate.frozen-test-set");

    GateDecision allowed =
        new PromotionGate(config(Comparison.NOT_WORSE, false))
            .decide(good(), Optional.of(old), TEST_SET, Instant.now());
    assertThat(allowed.accepted()).isTrue();
  }

  @Test
  void decisionIsReadBackFromJson() throws IOException {
    GateDecision decision =
        decide(Comparison.NOT_WORSE, spoilt("accuracy"), Optional.of(model(1, range(0, 900))));

    assertThat(Json.read(Json.document(decision), GateDecision.class)).isEqualTo(decision);
  }

  private static GateDecision decide(
      Comparison wanted, MeasuredModel candidate, Optional<MeasuredModel> champion) {
    return new PromotionGate(config(wanted, true))
        .decide(candidate, champion, TEST_SET, Instant.parse("2026-01-31T00:00:00Z"));
  }

  private static GateConfig config(Comparison wanted, boolean frozen) {
    return new GateConfig(wanted, 0.05, 0.01, 0.5, 0.4, 0.15, 5, Duration.ofMillis(500), frozen);
  }

  private static GateCheck check(GateDecision decision, String name) {
    return decision.checks().stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
  }

  private static MeasuredModel good() {
    return model(2, range(0, 900));
  }

  private static MeasuredModel model(int version, BitSet correct) {
    return model(
        version,
        metrics(correct.cardinality() / (double) EXAMPLES, 0.8, 0.05, 0),
        correct,
        "",
        4_000_000,
        3,
        "");
  }

  private static MeasuredModel spoilt(String check) {
    double accuracy = check.equals("accuracy") ? 0.4 : 0.9;
    return model(
        2,
        metrics(
            accuracy,
            check.equals("class-recall") ? 0.1 : 0.8,
            check.equals("calibration-error") ? 0.3 : 0.05,
            check.equals("finite-predictions") ? 2 : 0),
        range(0, 900),
        check.equals("finite-parameters") ? "parameter 7 is NaN" : "",
        check.equals("model-megabytes") ? 7_000_000 : 4_000_000,
        check.equals("latency-millis") ? 900 : 3,
        check.equals("data-checksums") ? "train-images has SHA-256 x" : "");
  }

  private static MeasuredModel model(
      int version,
      EvaluationResult metrics,
      BitSet correct,
      String badParameter,
      long bytes,
      double millis,
      String mismatch) {
    return new MeasuredModel(
        version,
        metrics,
        correct,
        Optional.of(badParameter).filter(text -> !text.isEmpty()),
        bytes,
        millis,
        Optional.of(mismatch),
        TEST_SET);
  }

  private static MeasuredModel withTestSet(MeasuredModel model, String testSet) {
    return new MeasuredModel(
        model.version(),
        model.metrics(),
        model.correct(),
        model.badParameter(),
        model.modelBytes(),
        model.latencyMillis(),
        model.dataMismatch(),
        testSet);
  }

  private static EvaluationResult metrics(
      double accuracy, double weakest, double calibrationError, long notFinite) {
    return new EvaluationResult(
        EXAMPLES,
        0.3,
        accuracy,
        List.of(0.9, 0.9),
        List.of(0.95, weakest),
        calibrationError,
        List.of(),
        notFinite);
  }

  private static BitSet range(int from, int to) {
    BitSet bits = new BitSet();
    bits.set(from, to);
    return bits;
  }

  private static org.assertj.core.data.Offset<Double> withinRounding() {
    return org.assertj.core.api.Assertions.within(1e-12);
  }
}

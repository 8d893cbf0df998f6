package io.densespark.registry;

import io.densespark.registry.GateCheck.Verdict;
import io.densespark.text.Text;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Decides whether a version may become the champion. A pure function of what was measured.
 *
 * <p>Without a champion the comparisons are skipped, and the first version that passes the other
 * checks is accepted.
 */
public record PromotionGate(GateConfig config) {

  /**
   * Decides.
   *
   * @param candidate the version that wants to be champion
   * @param champion the champion, measured on the same test images; empty: there is none
   * @param testSetSha256 of the test images and labels that both were measured on just now
   */
  public GateDecision decide(
      MeasuredModel candidate,
      Optional<MeasuredModel> champion,
      String testSetSha256,
      Instant now) {
    List<GateCheck> checks = new ArrayList<>();
    checks.add(finiteParameters(candidate));
    checks.add(finitePredictions(candidate));
    checks.add(data(candidate));
    checks.add(testSet(champion, testSetSha256));
    checks.add(
        atLeast("accuracy", candidate.metrics().accuracy(), config.minAccuracy(), "test accuracy"));
    checks.add(weakestClass(candidate));
    checks.add(
        atMost(
            "calibration-error",
            candidate.metrics().calibrationError(),
            config.maxCalibrationError(),
            "expected calibration error"));
    checks.add(
        atMost(
            "model-megabytes",
            candidate.modelBytes() / 1e6,
            config.maxModelMegabytes(),
            "zip, MB"));
    checks.add(
        atMost(
            "latency-millis",
            candidate.latencyMillis(),
            config.maxLatency().toNanos() / 1e6,
            "median for one image on one thread, ms"));
    if (champion.isEmpty()) {
      String reason = "there is no champion yet: the other checks decide";
      checks.add(GateCheck.skipped("accuracy-drop", reason));
      checks.add(GateCheck.skipped("accuracy-against-champion", reason));
    } else {
      checks.add(drop(candidate, champion.get()));
      checks.add(comparison(candidate, champion.get()));
    }
    return GateDecision.of(
        candidate.version(),
        champion.map(MeasuredModel::version).orElse(null),
        testSetSha256,
        now,
        checks);
  }

  private static GateCheck finiteParameters(MeasuredModel model) {
    return GateCheck.of(
        "finite-parameters",
        model.badParameter().isEmpty(),
        Double.NaN,
        Double.NaN,
        model.badParameter().orElse("every parameter is finite"));
  }

  private static GateCheck finitePredictions(MeasuredModel model) {
    long bad = model.metrics().notFinite();
    return GateCheck.of(
        "finite-predictions", bad == 0, bad, 0, bad + " predictions are not finite");
  }

  private static GateCheck data(MeasuredModel model) {
    return model
        .dataMismatch()
        .map(
            mismatch ->
                GateCheck.of(
                    "data-checksums",
                    mismatch.isEmpty(),
                    Double.NaN,
                    Double.NaN,
                    mismatch.isEmpty()
                        ? "the files it was trained on are those that are there now"
                        : mismatch))
        .orElseGet(
            () ->
                GateCheck.skipped(
                    "data-checksums", "it came without a record of the data it was trained on"));
  }

  private GateCheck testSet(Optional<MeasuredModel> champion, String testSetSha256) {
    if (champion.isEmpty()) {
      return GateCheck.skipped("frozen-test-set", "there is no champion yet");
    }
    boolean same = champion.get().testSetSha256().equals(testSetSha256);
    if (!same && !config.frozenTestSet()) {
      return GateCheck.skipped(
          "frozen-test-set", "the test images changed, which gate.frozen-test-set = false allows");
    }
    return GateCheck.of(
        "frozen-test-set",
        same,
        Double.NaN,
        Double.NaN,
        same
            ? "the test images are those that the champion was registered with"
            : "the test images are not those that the champion was registered with: use the same data.* settings, or allow it with gate.frozen-test-set = false");
  }

  private GateCheck weakestClass(MeasuredModel model) {
    List<Double> recall = model.metrics().recall();
    int weakest = 0;
    for (int c = 1; c < recall.size(); c++) {
      weakest = recall.get(c) < recall.get(weakest) ? c : weakest;
    }
    return atLeast(
        "class-recall",
        recall.get(weakest),
        config.minClassRecall(),
        "recall of the weakest class, number " + weakest);
  }

  private GateCheck drop(MeasuredModel candidate, MeasuredModel champion) {
    double drop = champion.metrics().accuracy() - candidate.metrics().accuracy();
    return atMost(
        "accuracy-drop", drop, config.maxAccuracyDrop(), "accuracy lacking against champion");
  }

  private GateCheck comparison(MeasuredModel candidate, MeasuredModel champion) {
    McNemar test =
        McNemar.of(
            only(candidate.correct(), champion.correct()),
            only(champion.correct(), candidate.correct()));
    boolean ahead = test.onlyFirst() > test.onlySecond();
    boolean behind = test.onlyFirst() < test.onlySecond();
    boolean significant = test.pValue() < config.significance();
    boolean passed =
        switch (config.againstChampion()) {
          case NOT_WORSE -> !(behind && significant);
          case BETTER -> ahead;
          case SIGNIFICANTLY_BETTER -> ahead && significant;
        };
    String reason =
        text(
            "%s: only the candidate tells %d images right, only champion %d tells %d; McNemar p = %.4g (%s), which is %ssignificant at %s",
            wanted(),
            test.onlyFirst(),
            champion.version(),
            test.onlySecond(),
            test.pValue(),
            test.method() == McNemar.Method.EXACT ? "exact" : "chi-squared",
            significant ? "" : "not ",
            number(config.significance()));
    return new GateCheck(
        "accuracy-against-champion",
        passed ? Verdict.PASSED : Verdict.FAILED,
        test.pValue(),
        config.significance(),
        reason,
        Map.of(
            "onlyCandidate",
            (double) test.onlyFirst(),
            "onlyChampion",
            (double) test.onlySecond(),
            "candidateAccuracy",
            candidate.metrics().accuracy(),
            "championAccuracy",
            champion.metrics().accuracy()));
  }

  private String wanted() {
    return "must be " + config.againstChampion().name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** Examples that the one tells right and the other does not. */
  private static long only(BitSet one, BitSet other) {
    BitSet difference = (BitSet) one.clone();
    difference.andNot(other);
    return difference.cardinality();
  }

  private static GateCheck atLeast(String name, double value, double floor, String what) {
    return GateCheck.of(
        name,
        value >= floor,
        value,
        floor,
        text("%s: %s, at least %s", what, number(value), number(floor)));
  }

  /** NaN, which was not measured or is no number, is not below any ceiling. */
  private static GateCheck atMost(String name, double value, double ceiling, String what) {
    return GateCheck.of(
        name,
        value <= ceiling,
        value,
        ceiling,
        text("%s: %s, at most %s", what, number(value), number(ceiling)));
  }

  private static String number(double value) {
    return text(Math.abs(value) >= 100 ? "%.0f" : "%.4g", value);
  }

  private static String text(String format, Object... values) {
    return Text.format(format, values);
  }
}

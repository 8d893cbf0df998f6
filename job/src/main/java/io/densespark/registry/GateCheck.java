package io.densespark.registry;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;
import java.util.TreeMap;

/**
 * One check of a gate.
 *
 * @param name what is looked at, such as {@code accuracy-against-champion}
 * @param verdict how it came out
 * @param value what was measured; NaN where it is no number or was not measured
 * @param threshold what it was compared with; NaN where there is none
 * @param reason the verdict in words
 * @param details further figures by name
 */
public record GateCheck(
    String name,
    Verdict verdict,
    double value,
    double threshold,
    String reason,
    Map<String, Double> details) {

  /** How a check came out. */
  public enum Verdict {
    @JsonProperty("passed")
    PASSED,
    @JsonProperty("failed")
    FAILED,
    /** There was nothing to compare with; the gate goes by the other checks. */
    @JsonProperty("skipped")
    SKIPPED
  }

  public GateCheck {
    details = details == null ? Map.of() : Map.copyOf(new TreeMap<>(details));
  }

  static GateCheck of(String name, boolean passed, double value, double threshold, String reason) {
    return new GateCheck(
        name, passed ? Verdict.PASSED : Verdict.FAILED, value, threshold, reason, Map.of());
  }

  static GateCheck skipped(String name, String reason) {
    return new GateCheck(name, Verdict.SKIPPED, Double.NaN, Double.NaN, reason, Map.of());
  }
}

package io.densespark.registry;

import io.densespark.registry.GateCheck.Verdict;
import io.densespark.text.Text;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a gate decided about a version, with its grounds.
 *
 * @param version the version that wants to be champion
 * @param champion the version that it was compared with; null: there was none
 * @param accepted whether no check failed
 * @param testSetSha256 of the test images and labels
 * @param checks every check
 */
public record GateDecision(
    int version,
    Integer champion,
    boolean accepted,
    String testSetSha256,
    Instant decidedAt,
    List<GateCheck> checks) {

  public GateDecision {
    checks = List.copyOf(checks);
    boolean failed = checks.stream().anyMatch(check -> check.verdict() == Verdict.FAILED);
    if (accepted == failed) {
      throw new IllegalArgumentException("a gate accepts exactly when no check failed");
    }
  }

  static GateDecision of(
      int version, Integer champion, String testSetSha256, Instant now, List<GateCheck> checks) {
    boolean accepted = checks.stream().noneMatch(check -> check.verdict() == Verdict.FAILED);
    return new GateDecision(version, champion, accepted, testSetSha256, now, checks);
  }

  /** The reasons of the checks that failed, or how many there were if none did. */
  public String reason() {
    if (accepted) {
      String against = champion == null ? "no champion yet" : "champion " + champion;
      return Text.format("passed %d checks, %s", checks.size(), against);
    }
    return checks.stream()
        .filter(check -> check.verdict() == Verdict.FAILED)
        .map(check -> check.name() + ": " + check.reason())
        .collect(Collectors.joining("; "));
  }
}

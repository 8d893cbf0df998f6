package io.densespark.settings;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Settings that cannot be used, by themselves or together, with every reason. */
public final class SettingsException extends IllegalArgumentException {

  /**
   * One reason.
   *
   * @param message what is wrong, what is allowed, and what to do
   * @param met the settings that it is about, by key, with the values met
   */
  public record Refusal(String message, Map<String, String> met) {
    private String text() {
      return met.entrySet().stream()
          .map(one -> one.getKey() + " = " + Secrets.shown(one.getKey(), one.getValue()))
          .collect(Collectors.joining(", ", "", ": " + message));
    }
  }

  private final transient List<Refusal> refusals;

  SettingsException(List<Refusal> refusals) {
    super(refusals.stream().map(Refusal::text).collect(Collectors.joining("; ")));
    this.refusals = List.copyOf(refusals);
  }

  /** What is wrong, in the order found. */
  public List<Refusal> refusals() {
    return refusals;
  }
}

package io.densespark.config;

import io.densespark.settings.Secrets;
import java.util.List;

/**
 * One reason why settings cannot be used.
 *
 * @param culprits the settings that it is about; empty where a whole file is
 * @param message what is wrong, what is allowed, and what to do
 */
public record Problem(List<Culprit> culprits, String message) {

  /**
   * A setting as it was met.
   *
   * @param key its dotted name, as written
   * @param value the value met, without secrets
   * @param where file and line, flag, or {@code default}
   */
  public record Culprit(String key, String value, String where) {

    public Culprit {
      value = Secrets.shown(key, value);
    }
  }

  static Problem general(String message) {
    return new Problem(List.of(), message);
  }

  /** The problem over a few lines, each indented. */
  String text() {
    StringBuilder out = new StringBuilder();
    for (Culprit culprit : culprits) {
      out.append("  %s = %s   (%s)%n".formatted(culprit.key, culprit.value, culprit.where));
    }
    String indent = culprits.isEmpty() ? "  " : "    ";
    return out.append(message.indent(indent.length()).stripTrailing()).toString();
  }
}

package io.densespark.config;

import io.densespark.settings.Secrets;
import io.densespark.text.Text;
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
      out.append(Text.format("  %s = %s   (%s)%n", culprit.key, culprit.value, culprit.where));
    }
    String indent = culprits.isEmpty() ? "  " : "    ";
    return out.append(message.indent(indent.length()).stripTrailing()).toString();
  }
}

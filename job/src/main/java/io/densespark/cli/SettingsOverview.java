package io.densespark.cli;

import io.densespark.config.ResolvedSettings.Entry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Every effective setting in a few lines, a section each; those that differ from the defaults stand
 * out.
 */
final class SettingsOverview {

  private static final int SECTION_WIDTH = 12;

  private SettingsOverview() {}

  static List<String> lines(Screen screen, List<Entry> entries) {
    Map<String, List<Entry>> sections = new LinkedHashMap<>();
    for (Entry entry : entries) {
      if (entry.used()) {
        sections.computeIfAbsent(sectionOf(entry), key -> new ArrayList<>()).add(entry);
      }
    }
    List<String> lines = new ArrayList<>();
    sections.forEach((name, members) -> lines.addAll(section(screen, name, members)));
    return lines;
  }

  private static List<String> section(Screen screen, String name, List<Entry> entries) {
    List<String> lines = new ArrayList<>();
    String margin = " ".repeat(SECTION_WIDTH + 2);
    String title = "  " + name + " ".repeat(SECTION_WIDTH - name.length());
    StringBuilder line = new StringBuilder(screen.style().bold(title));
    int used = margin.length();
    for (Entry entry : entries) {
      String key = entry.key().substring(sectionOf(entry).length() + 1) + "=";
      String mark = entry.isDefault() || screen.style().coloured() ? "" : "*";
      int length = key.length() + entry.value().length() + mark.length() + 2;
      if (used + length > screen.columns() && used > margin.length()) {
        lines.add(line.toString().stripTrailing());
        line = new StringBuilder(margin);
        used = margin.length();
      }
      line.append(screen.style().dim(key))
          .append(value(screen.style(), entry))
          .append(mark)
          .append("  ");
      used += length;
    }
    lines.add(line.toString().stripTrailing());
    return lines;
  }

  private static String value(Style style, Entry entry) {
    return entry.isDefault() ? entry.value() : style.accent(entry.value());
  }

  private static String sectionOf(Entry entry) {
    return entry.key().substring(0, entry.key().indexOf('.'));
  }
}

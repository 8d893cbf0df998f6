package io.densespark.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** A table as lines of text; a column of numbers stands to the right. */
final class TextTable {

  private static final String NUMBER = "-|-?[\\d,]+(\\.\\d+)?%?|NaN|-?∞";

  private TextTable() {}

  /** Title line, rule and rows; shorter rows are filled up with empty cells. */
  static List<String> lines(Style style, List<String> columns, List<List<String>> rows) {
    int[] widths = IntStream.range(0, columns.size()).map(c -> width(columns, rows, c)).toArray();
    boolean[] right = new boolean[columns.size()];
    for (int c = 0; c < right.length; c++) {
      int column = c;
      right[c] =
          !rows.isEmpty() && rows.stream().allMatch(row -> cell(row, column).matches(NUMBER));
    }
    List<String> lines = new ArrayList<>();
    lines.add(style.bold(line(columns, widths, right)));
    List<String> rule =
        IntStream.range(0, columns.size())
            .mapToObj(c -> style.sign("─", "-").repeat(columns.get(c).isEmpty() ? 0 : widths[c]))
            .toList();
    lines.add(style.dim(line(rule, widths, right)));
    rows.forEach(row -> lines.add(line(row, widths, right)));
    return lines;
  }

  private static String line(List<String> cells, int[] widths, boolean[] right) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < widths.length; c++) {
      String cell = cell(cells, c);
      String padding = " ".repeat(widths[c] - cell.length());
      line.append("  ").append(right[c] ? padding + cell : cell + padding);
    }
    return line.toString().stripTrailing();
  }

  private static int width(List<String> columns, List<List<String>> rows, int column) {
    int longest = rows.stream().mapToInt(row -> cell(row, column).length()).max().orElse(0);
    return Math.max(longest, columns.get(column).length());
  }

  private static String cell(List<String> row, int column) {
    return column < row.size() ? row.get(column) : "";
  }
}

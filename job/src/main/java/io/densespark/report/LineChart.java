package io.densespark.report;

import static io.densespark.report.Scale.coordinate;

import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/**
 * Curves over steps or epochs, as the template draws them.
 *
 * @param id unique on the page
 * @param title what is shown
 * @param description the same in words, for those who do not see it
 * @param xLabel what runs to the right
 */
record LineChart(
    String id,
    String title,
    String description,
    String xLabel,
    List<Scale.Tick> xTicks,
    List<Scale.Tick> yTicks,
    List<Drawn> lines) {

  private static final int WIDTH = 560;
  private static final int HEIGHT = 250;
  private static final int TOP = 12;
  private static final int LEFT = 52;
  private static final int RIGHT = WIDTH - 12;
  private static final int BOTTOM = HEIGHT - 40;

  private static final int TICKS = 5;

  /** More points than the page is wide are drawn as means between their extremes. */
  private static final int BUCKETS = 280;

  /**
   * Values to be drawn. Those that are not finite are left out.
   *
   * @param name for the legend
   * @param style classes of the page's style sheet
   * @param points across and up, and where these lie apart, their least and their greatest value
   * @param marked whether each point is shown and can be pointed at
   */
  record Line(String name, String style, List<double[]> points, boolean marked) {
    Line {
      points = points.stream().filter(p -> Double.isFinite(p[0]) && Double.isFinite(p[1])).toList();
    }
  }

  /**
   * A line in coordinates.
   *
   * @param path through the points
   * @param band between the extremes of what was merged; empty: nothing was
   */
  record Drawn(String name, String style, String path, String band, List<Mark> marks) {}

  /**
   * A point with what it says when pointed at.
   *
   * @param low end of its whisker, and high the other; null: it has none
   */
  record Mark(String x, String y, String low, String high, String tip) {}

  /** How values become places. */
  enum Axes {
    /** Both linear. */
    LINEAR,
    /** The same, the vertical one from 0. */
    FROM_ZERO,
    /** Across by the logarithm: global batches. */
    DOUBLING,
    /** The same, up from 0. */
    DOUBLING_FROM_ZERO,
    /** Both by the logarithm. */
    BOTH_DOUBLING
  }

  /**
   * @return null where no line has a point
   */
  static LineChart of(String id, String title, String xLabel, Axes axes, List<Line> lines) {
    List<Line> drawn = lines.stream().filter(line -> !line.points().isEmpty()).toList();
    if (drawn.isEmpty()) {
      return null;
    }
    double[] x = range(drawn, 0);
    double[] y = range(drawn, 1);
    boolean fromZero = axes == Axes.FROM_ZERO || axes == Axes.DOUBLING_FROM_ZERO;
    Scale across =
        axes == Axes.LINEAR || axes == Axes.FROM_ZERO
            ? Scale.whole(x[0], x[1], LEFT, RIGHT, TICKS + 1)
            : Scale.doubling(x[0], x[1], LEFT, RIGHT, 2 * TICKS);
    Scale up =
        axes == Axes.BOTH_DOUBLING
            ? Scale.doubling(y[0], y[1], BOTTOM, TOP, TICKS)
            : Scale.rounded(fromZero ? Math.min(0, y[0]) : y[0], y[1], BOTTOM, TOP, TICKS);
    return new LineChart(
        id,
        title,
        description(xLabel, drawn),
        xLabel,
        across.ticks(),
        up.ticks(),
        drawn.stream().map(line -> drawn(line, xLabel, across, up)).toList());
  }

  int width() {
    return WIDTH;
  }

  int height() {
    return HEIGHT;
  }

  int left() {
    return LEFT;
  }

  int right() {
    return RIGHT;
  }

  int bottom() {
    return BOTTOM;
  }

  /** A single line needs none. */
  boolean legend() {
    return lines.size() > 1;
  }

  private static double[] range(List<Line> lines, int axis) {
    double least = Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    for (Line line : lines) {
      for (double[] point : line.points()) {
        boolean apart = axis == 1 && point.length > 2;
        least = Math.min(least, apart ? point[2] : point[axis]);
        greatest = Math.max(greatest, apart ? point[3] : point[axis]);
      }
    }
    return new double[] {least, greatest};
  }

  private static Drawn drawn(Line line, String xLabel, Scale across, Scale up) {
    StringJoiner middle = new StringJoiner(" L", "M", "");
    StringJoiner upper = new StringJoiner(" L");
    List<String> lower = new ArrayList<>();
    int count = line.points().size();
    int buckets = Math.min(count, BUCKETS);
    for (int bucket = 0; bucket < buckets; bucket++) {
      int from = (int) ((long) bucket * count / buckets);
      int to = (int) ((long) (bucket + 1) * count / buckets);
      List<double[]> part = line.points().subList(from, to);
      String x = coordinate(across.place(part.stream().mapToDouble(p -> p[0]).average().orElse(0)));
      var values = part.stream().mapToDouble(p -> p[1]).summaryStatistics();
      middle.add(x + "," + coordinate(up.place(values.getAverage())));
      upper.add(x + "," + coordinate(up.place(values.getMax())));
      lower.add(0, x + "," + coordinate(up.place(values.getMin())));
    }
    String band = buckets == count ? "" : "M" + upper + " L" + String.join(" L", lower) + " Z";
    List<Mark> marks = new ArrayList<>();
    if (line.marked()) {
      for (double[] point : line.points()) {
        marks.add(
            new Mark(
                coordinate(across.place(point[0])),
                coordinate(up.place(point[1])),
                point.length > 2 ? coordinate(up.place(point[2])) : null,
                point.length > 2 ? coordinate(up.place(point[3])) : null,
                Text.format(
                    "%s, %s %s: %s", line.name(), xLabel, across(point[0]), number(point[1]))));
      }
    }
    return new Drawn(line.name(), line.style(), middle.toString(), band, marks);
  }

  private static String description(String xLabel, List<Line> lines) {
    StringJoiner text = new StringJoiner("; ");
    for (Line line : lines) {
      double[] first = line.points().get(0);
      double[] last = line.points().get(line.points().size() - 1);
      text.add(
          Text.format(
              "%s: %s at %s %s, %s at %s %s",
              line.name(),
              number(first[1]),
              xLabel,
              across(first[0]),
              number(last[1]),
              xLabel,
              across(last[0])));
    }
    return text.toString();
  }

  private static String across(double value) {
    return Text.format(value == Math.rint(value) ? "%,.0f" : "%.3g", value);
  }

  private static String number(double value) {
    return Text.format("%.4g", value);
  }
}

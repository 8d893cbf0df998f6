package io.densespark.report;

import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.EpochRecord.ClassRecord;
import io.densespark.text.Figures;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.List;

/**
 * Quality by class, as the template shows it.
 *
 * @param epoch the epoch it is of
 * @param part Test or Validation: the images it is of
 * @param labels names of the classes
 * @param rows one for each true class
 */
record ClassTables(int epoch, String part, List<String> labels, List<Row> rows) {

  /** Weakest and strongest tint of a count; text stays readable on all of them. */
  private static final double FAINT = 0.08;

  private static final double STRONG = 0.55;

  /**
   * A true class.
   *
   * @param precision as text, with its bar's length in percent; recall likewise
   */
  record Row(
      String label,
      List<Cell> cells,
      String precision,
      String precisionBar,
      String recall,
      String recallBar) {}

  /**
   * A count of the confusion matrix.
   *
   * @param style class of the style sheet: right, wrong or none
   * @param tint opacity of its background
   * @param tip what it says in words
   */
  record Cell(String count, String style, String tint, String tip) {}

  /** Null where the epoch was not evaluated. */
  static ClassTables of(EpochRecord epoch) {
    if (epoch.perClass().isEmpty() || epoch.confusion().size() != epoch.perClass().size()) {
      return null;
    }
    List<String> labels = epoch.perClass().stream().map(ClassRecord::label).toList();
    double worst = 0;
    for (int t = 0; t < labels.size(); t++) {
      for (int p = 0; p < labels.size(); p++) {
        worst = t == p ? worst : Math.max(worst, share(epoch, t, p));
      }
    }
    List<Row> rows = new ArrayList<>();
    for (int t = 0; t < labels.size(); t++) {
      List<Cell> cells = new ArrayList<>();
      for (int p = 0; p < labels.size(); p++) {
        cells.add(cell(epoch, labels, t, p, worst));
      }
      ClassRecord quality = epoch.perClass().get(t);
      rows.add(
          new Row(
              quality.label(),
              cells,
              Figures.percent(quality.precision()),
              bar(quality.precision()),
              Figures.percent(quality.recall()),
              bar(quality.recall())));
    }
    return new ClassTables(
        epoch.epoch(), epoch.testAccuracy() == null ? "Validation" : "Test", labels, rows);
  }

  private static Cell cell(
      EpochRecord epoch, List<String> labels, int trueClass, int predicted, double worst) {
    long count = epoch.confusion().get(trueClass).get(predicted);
    double share = share(epoch, trueClass, predicted);
    boolean right = trueClass == predicted;
    double weight = right || worst == 0 ? share : share / worst;
    String tip =
        Text.format(
            "%,d of %s taken for %s (%s)",
            count, labels.get(trueClass), labels.get(predicted), Figures.percent(share));
    return new Cell(
        Text.format("%,d", count),
        count == 0 ? "none" : right ? "right" : "wrong",
        Text.format("%.2f", FAINT + (STRONG - FAINT) * weight),
        tip);
  }

  private static double share(EpochRecord epoch, int trueClass, int predicted) {
    List<Long> row = epoch.confusion().get(trueClass);
    long total = row.stream().mapToLong(Long::longValue).sum();
    return total == 0 ? 0 : (double) row.get(predicted) / total;
  }

  private static String bar(double share) {
    return Text.format("%.1f", Double.isFinite(share) ? 100 * share : 0);
  }
}

package io.densespark.scaling;

import io.densespark.metrics.CellRecord;
import io.densespark.settings.CanonicalText;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What came of a grid.
 *
 * @param grid its name
 * @param planned runs that it takes
 * @param ended runs that have ended
 * @param baseBatch global batch that others are compared with
 * @param targetAccuracy null: none
 * @param arms in the order of the file
 */
public record Finding(
    String grid, int planned, int ended, int baseBatch, Double targetAccuracy, List<Arm> arms) {

  /** A loss of accuracy against the base batch that counts as none. */
  public static final double TOLERANCE = 0.003;

  /**
   * An arm.
   *
   * @param trials runs of tuning at each batch: rates tried
   * @param text what was found, in a sentence
   * @param baseAccuracy what its batches are compared with; null: not known yet
   * @param fit of the epochs to the target; null: none could be made
   */
  public record Arm(
      String name,
      int trials,
      String text,
      Double baseAccuracy,
      List<Row> rows,
      CriticalBatch fit) {

    /** The row of the largest batch that keeps the accuracy of the base; empty: none does. */
    public Optional<Row> largestThatKeeps() {
      return rows.stream()
          .filter(row -> baseAccuracy != null && lost(row, baseAccuracy) <= TOLERANCE)
          .max(Comparator.comparingInt(Row::batch));
    }

    /** Mean of the gradient noise scale over the batches at which it is known; empty: at none. */
    public OptionalDouble noiseScale() {
      return rows.stream()
          .map(Row::noiseScale)
          .filter(Objects::nonNull)
          .mapToDouble(Double::doubleValue)
          .average();
    }
  }

  /**
   * An arm at a batch: the runs at the rate that counts.
   *
   * @param baseRate that counts; null: none trained to its end
   * @param runs that have ended
   * @param accuracy mean test accuracy of those that trained to their end; null: there are none
   * @param accuracyDeviation standard deviation between seeds; null for fewer than two
   * @param converged runs that reached the target
   * @param epochsToTarget as MLPerf means it; null: not reached by a run that counts, or no target
   * @param stepsToTarget likewise
   * @param secondsToTarget likewise
   * @param computeShare part of a step's time in which rank 0's slot computed
   * @param noiseScale mean when the target was reached, or else at the end, in images; null: not
   *     resolved
   * @param settings of a run, by dotted name, that follow from the arm, the batch and this rate
   */
  public record Row(
      int batch,
      int replicas,
      int localBatch,
      Double baseRate,
      Double learningRate,
      int trials,
      int runs,
      int diverged,
      int failed,
      Double accuracy,
      Double accuracyDeviation,
      int converged,
      Double epochsToTarget,
      Double stepsToTarget,
      Double secondsToTarget,
      Double imagesPerSecond,
      Double stepMillis,
      Double computeShare,
      Double noiseScale,
      Map<String, String> settings) {}

  public Finding {
    arms = List.copyOf(arms);
  }

  /**
   * @param cells all runs that have ended, with the rates chosen among them marked
   */
  public static Finding of(String gridId, Grid grid, List<CellRecord> cells) {
    List<List<Row>> rows =
        grid.arms().stream()
            .map(
                arm ->
                    arm.batches().stream()
                        .sorted()
                        .map(batch -> of(arm, batch, cells))
                        .flatMap(Optional::stream)
                        .toList())
            .toList();
    int baseBatch = grid.scale().baseBatch();
    Optional<Double> common =
        rows.stream().flatMap(List::stream).flatMap(row -> base(row, baseBatch)).findFirst();
    List<Arm> arms = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      List<Row> ofArm = rows.get(i);
      Optional<Double> base =
          ofArm.stream().flatMap(row -> base(row, baseBatch)).findFirst().or(() -> common);
      arms.add(
          new Arm(
              grid.arms().get(i).name(),
              grid.arms().get(i).rates().size(),
              grid.arms().get(i).choice() == ArmConfig.Choice.TARGET
                  ? reached(ofArm)
                  : sentence(ofArm, base, baseBatch),
              base.orElse(null),
              ofArm,
              CriticalBatch.fit(
                      ofArm.stream()
                          .filter(row -> row.epochsToTarget() != null)
                          .map(row -> new CriticalBatch.Point(row.batch(), row.epochsToTarget()))
                          .toList())
                  .orElse(null)));
    }
    return new Finding(
        gridId,
        grid.size(),
        cells.size(),
        baseBatch,
        grid.scale().targetAccuracy().orElse(null),
        arms);
  }

  private static Stream<Double> base(Row row, int baseBatch) {
    return row.batch() == baseBatch ? Stream.ofNullable(row.accuracy()) : Stream.empty();
  }

  private static Optional<Row> of(ArmConfig arm, int batch, List<CellRecord> cells) {
    List<CellRecord> all =
        cells.stream()
            .filter(cell -> cell.arm().equals(arm.name()) && cell.batch() == batch)
            .toList();
    List<CellRecord> chosen = all.stream().filter(CellRecord::chosen).toList();
    if (chosen.isEmpty() && all.size() < arm.rates().size()) {
      // Other rates are still to be tried.
      return Optional.empty();
    }
    List<CellRecord> good = chosen.stream().filter(CellRecord::succeeded).toList();
    CellRecord first = chosen.isEmpty() ? all.get(0) : chosen.get(0);
    Spread accuracy = Spread.of(known(good, CellRecord::testAccuracy));
    return Optional.of(
        new Row(
            batch,
            first.replicas(),
            first.localBatch(),
            chosen.isEmpty() ? null : first.baseRate(),
            chosen.isEmpty() ? null : first.learningRate(),
            arm.rates().size(),
            chosen.size(),
            (int) all.stream().filter(CellRecord::diverged).count(),
            (int) all.stream().filter(CellRecord::failed).count(),
            finite(accuracy.mean()),
            finite(accuracy.deviation()),
            (int) chosen.stream().filter(cell -> cell.epochsToTarget() != null).count(),
            toTarget(chosen, cell -> cell.epochsToTarget()),
            toTarget(chosen, cell -> cell.stepsToTarget()),
            toTarget(chosen, CellRecord::secondsToTarget),
            mean(good, CellRecord::imagesPerSecond),
            mean(good, CellRecord::stepMillis),
            mean(good, cell -> share(cell)),
            mean(good, CellRecord::noiseScale),
            settings(arm, first)));
  }

  /** Neither seed nor epochs: they are the experiment's. */
  private static Map<String, String> settings(ArmConfig arm, CellRecord cell) {
    Map<String, String> settings = new TreeMap<>(arm.settings());
    settings.keySet().removeIf(key -> key.matches("train\\.(seed|epochs|early-stopping\\..*)"));
    settings.put("train.batch-size", Integer.toString(cell.batch()));
    settings.put("train.optimizer.learning-rate", CanonicalText.of(cell.learningRate()));
    settings.put("train.schedule.warmup-epochs", CanonicalText.of(cell.warmupEpochs()));
    settings.put("sync.replicas", Integer.toString(cell.replicas()));
    return settings;
  }

  private static Double share(CellRecord cell) {
    return cell.computeMillis() == null ? null : cell.computeMillis() / cell.stepMillis();
  }

  private static Double toTarget(List<CellRecord> cells, Function<CellRecord, Number> what) {
    ToDoubleFunction<CellRecord> orNever =
        cell ->
            what.apply(cell) == null ? Double.POSITIVE_INFINITY : what.apply(cell).doubleValue();
    return finite(Spread.olympicMean(cells.stream().mapToDouble(orNever).boxed().toList()));
  }

  private static Double mean(List<CellRecord> cells, Function<CellRecord, Double> what) {
    return finite(Spread.of(known(cells, what)).mean());
  }

  private static List<Double> known(List<CellRecord> cells, Function<CellRecord, Double> what) {
    return cells.stream().map(what).filter(Objects::nonNull).filter(Double::isFinite).toList();
  }

  private static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  /** At which batches an arm whose runs end at the target reaches it: their accuracy is its. */
  private static String reached(List<Row> rows) {
    if (rows.isEmpty()) {
      return "nothing to compare with yet";
    }
    Map<Boolean, List<String>> batches =
        rows.stream()
            .collect(
                Collectors.partitioningBy(
                    row -> row.epochsToTarget() != null,
                    Collectors.mapping(
                        row -> Text.format("%,d", row.batch()), Collectors.toList())));
    List<String> told = new ArrayList<>();
    if (!batches.get(true).isEmpty()) {
      told.add("reaches the target at " + String.join(", ", batches.get(true)));
    }
    if (!batches.get(false).isEmpty()) {
      told.add("does not at " + String.join(", ", batches.get(false)));
    }
    return String.join("; ", told);
  }

  /** Up to which batch an arm keeps the accuracy of the base, and what it loses beyond. */
  private static String sentence(List<Row> rows, Optional<Double> base, int baseBatch) {
    if (rows.isEmpty() || base.isEmpty()) {
      return "nothing to compare with yet";
    }
    Row last = rows.get(rows.size() - 1);
    Optional<Row> broken =
        rows.stream().filter(row -> lost(row, base.get()) > TOLERANCE).findFirst();
    if (broken.isEmpty()) {
      return Text.format(
          "keeps the %.4f of batch %,d within %.1f points up to batch %,d, the largest tried",
          base.get(), baseBatch, 100 * TOLERANCE, last.batch());
    }
    String kept =
        rows.stream()
            .takeWhile(row -> row != broken.get())
            .reduce((a, b) -> b)
            .map(
                row ->
                    Text.format(
                        "keeps the %.4f of batch %,d within %.1f points up to batch %,d",
                        base.get(), baseBatch, 100 * TOLERANCE, row.batch()))
            .orElse("does not keep the accuracy of the base at any batch");
    return Text.format("%s; loses %s", kept, losses(rows, broken.get(), base.get()));
  }

  private static String losses(List<Row> rows, Row from, double base) {
    return rows.subList(rows.indexOf(from), rows.size()).stream()
        .map(
            row ->
                row.accuracy() == null
                    ? Text.format("everything at %,d, where no run trained to its end", row.batch())
                    : Text.format("%.1f points at %,d", 100 * (base - row.accuracy()), row.batch()))
        .reduce((a, b) -> a + ", " + b)
        .orElseThrow();
  }

  private static double lost(Row row, double base) {
    return row.accuracy() == null ? Double.POSITIVE_INFINITY : base - row.accuracy();
  }
}

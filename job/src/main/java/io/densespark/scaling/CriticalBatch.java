package io.densespark.scaling;

import java.util.List;
import java.util.Optional;

/**
 * The fit {@code E = Emin (1 + B / Bcrit)} of the epochs to a target over the global batch, by
 * least squares. With {@code S = E N / B} steps of N examples an epoch it is the curve {@code
 * (S/Smin - 1)(E/Emin - 1) = 1} of McCandlish et al., "An Empirical Model of Large-Batch Training"
 * (2018).
 *
 * @param leastEpochs Emin: epochs at a batch that is far below the critical one
 * @param batch Bcrit: twice the least epochs are needed, and twice the least steps
 * @param points what it was fitted to
 */
public record CriticalBatch(double leastEpochs, double batch, List<Point> points) {

  /** Epochs that a global batch took. */
  public record Point(int batch, double epochs) {}

  /**
   * Epochs to 75.9% of ResNet-50 with LARS: the reference convergence points of MLPerf Training
   * 4.0, {@code rcps_resnet.json} of github.com/mlcommons/logging.
   */
  public static final List<Point> MLPERF =
      List.of(
          new Point(1632, 35.0),
          new Point(3264, 35.2),
          new Point(4096, 40.0),
          new Point(8192, 42.0),
          new Point(13_056, 45.4),
          new Point(32_768, 56.0),
          new Point(49_152, 68.0),
          new Point(65_536, 84.5));

  public CriticalBatch {
    points = List.copyOf(points);
  }

  /**
   * Empty where fewer than three batches reached the target, or where the epochs do not grow with
   * the batch, so that no critical batch is in sight.
   */
  public static Optional<CriticalBatch> fit(List<Point> points) {
    double meanBatch = points.stream().mapToInt(Point::batch).average().orElse(0);
    double meanEpochs = points.stream().mapToDouble(Point::epochs).average().orElse(0);
    double both = 0;
    double square = 0;
    for (Point point : points) {
      both += (point.batch() - meanBatch) * (point.epochs() - meanEpochs);
      square += (point.batch() - meanBatch) * (point.batch() - meanBatch);
    }
    double slope = both / square;
    double leastEpochs = meanEpochs - slope * meanBatch;
    return points.size() >= 3 && slope > 0 && leastEpochs > 0
        ? Optional.of(new CriticalBatch(leastEpochs, leastEpochs / slope, points))
        : Optional.empty();
  }

  /** The epochs that a batch takes by the fit. */
  public double epochs(double globalBatch) {
    return leastEpochs * (1 + globalBatch / batch);
  }
}

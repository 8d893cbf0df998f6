package io.densespark.scaling;

import io.densespark.metrics.CellRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Which runs a grid is made of, as a function of what is known of those that have ended. Each rate
 * of an arm is tried at each batch with the first seed; the other seeds train at the best of them.
 *
 * @param arms in the order of the file, each with the rates that it tries
 */
public record Grid(ScaleConfig scale, List<ArmConfig> arms) {

  public Grid {
    arms = List.copyOf(arms);
  }

  /** The arm of a cell. */
  public ArmConfig arm(String name) {
    return arms.stream().filter(arm -> arm.name().equals(name)).findFirst().orElseThrow();
  }

  /** Every run that may come to be, in the order of running: seed by seed, small batches first. */
  public List<Cell> candidates() {
    List<Cell> cells = new ArrayList<>();
    int seeds = arms.stream().mapToInt(arm -> arm.seeds().size()).max().orElse(0);
    for (int seed = 0; seed < seeds; seed++) {
      List<Cell> round = new ArrayList<>();
      for (ArmConfig arm : arms) {
        if (seed < arm.seeds().size()) {
          for (int batch : arm.batches()) {
            for (double rate : arm.rates()) {
              round.add(new Cell(arm.name(), batch, rate, arm.seeds().get(seed)));
            }
          }
        }
      }
      round.sort(Comparator.comparingInt(Cell::batch));
      cells.addAll(round);
    }
    return cells;
  }

  /** How many runs it takes. */
  public int size() {
    return arms.stream()
        .mapToInt(arm -> arm.batches().size() * (arm.rates().size() + arm.seeds().size() - 1))
        .sum();
  }

  /**
   * The runs that can begin now, in their order; none are left where this is empty.
   *
   * @param ended those that have ended, well or not
   */
  public List<Cell> next(Map<Cell, CellRecord> ended) {
    return candidates().stream()
        .filter(cell -> !ended.containsKey(cell))
        .filter(
            cell ->
                isTrial(cell)
                    || chosenRate(cell.arm(), cell.batch(), ended)
                        .filter(rate -> rate == cell.baseRate())
                        .isPresent())
        .toList();
  }

  private boolean isTrial(Cell cell) {
    return cell.seed() == arm(cell.arm()).seeds().get(0);
  }

  /**
   * The rate of an arm at a batch: the only one, or the best by the arm's choice once all were
   * tried, the smaller of equals. Empty: not tried yet, or none trained to its end.
   */
  public Optional<Double> chosenRate(String arm, int batch, Map<Cell, CellRecord> ended) {
    ArmConfig config = arm(arm);
    if (config.rates().size() == 1) {
      return Optional.of(config.rates().get(0));
    }
    List<CellRecord> trials =
        config.rates().stream()
            .map(rate -> ended.get(new Cell(arm, batch, rate, config.seeds().get(0))))
            .toList();
    if (trials.stream().anyMatch(Objects::isNull)) {
      return Optional.empty();
    }
    return trials.stream()
        .filter(CellRecord::succeeded)
        .min(
            Comparator.comparingDouble((CellRecord trial) -> cost(config.choice(), trial))
                .thenComparing(CellRecord::selectionAccuracy, Comparator.reverseOrder())
                .thenComparing(CellRecord::baseRate))
        .map(CellRecord::baseRate);
  }

  private static double cost(ArmConfig.Choice choice, CellRecord trial) {
    return switch (choice) {
      case ACCURACY -> -trial.selectionAccuracy();
      case TARGET ->
          trial.epochsToTarget() == null ? Double.POSITIVE_INFINITY : trial.epochsToTarget();
    };
  }
}

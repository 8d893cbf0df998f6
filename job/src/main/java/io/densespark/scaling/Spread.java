package io.densespark.scaling;

import java.util.Collection;
import java.util.List;

/**
 * Mean of a few values and how far they lie apart.
 *
 * @param count of values
 * @param deviation standard deviation of a value, with {@code count - 1}; NaN for one value
 */
public record Spread(int count, double mean, double deviation) {

  /** Fewest values of which the least and the greatest are dropped. */
  static final int OLYMPIC = 5;

  /** Of these values; NaN where there are none. */
  public static Spread of(Collection<Double> values) {
    int count = values.size();
    double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    double squares = values.stream().mapToDouble(one -> (one - mean) * (one - mean)).sum();
    return new Spread(count, mean, count > 1 ? Math.sqrt(squares / (count - 1)) : Double.NaN);
  }

  /**
   * The mean as MLPerf reports it: of five values or more, without the least and the greatest.
   *
   * @param values infinite: the run did not get there
   * @return infinite where one that counts did not get there
   */
  public static double olympicMean(Collection<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int dropped = sorted.size() >= OLYMPIC ? 1 : 0;
    return sorted.subList(dropped, sorted.size() - dropped).stream()
        .mapToDouble(Double::doubleValue)
        .average()
        .orElse(Double.NaN);
  }
}

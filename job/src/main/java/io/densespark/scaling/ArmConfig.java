package io.densespark.scaling;

import io.densespark.settings.CanonicalText;
import io.densespark.settings.Check;
import io.densespark.settings.Section;
import io.densespark.settings.Setting;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * One arm of a grid: how the settings of a run follow from its global batch. Every arm may say for
 * itself what the section {@code scale} says for all.
 *
 * @param name of the arm; a part of its runs' names
 * @param settings of the arm alone, by dotted name: its optimiser, its way to keep replicas
 *     together
 */
@Section(value = "scale", altersResult = false)
public record ArmConfig(
    String name,
    @Setting(value = "global batches", range = "[1, )", leastElements = 1) List<Integer> batches,
    @Setting(value = "seeds; the rates are tried with the first", leastElements = 1)
        List<Long> seeds,
    @Setting(
            value =
                "images of a replica, so that the replicas follow from the batch; none: sync.replicas",
            range = "[1, )",
            word = "none")
        OptionalInt localBatch,
    @Setting("how the learning rate grows with the batch") Growth rateGrowth,
    @Setting("how the epochs of warm-up grow with the batch, up to half of the epochs")
        Growth warmupGrowth,
    @Setting(
            value = "rates tried at the base batch; empty: train.optimizer.learning-rate",
            range = "(0, )")
        List<Double> rates,
    @Setting("what stays the same at every batch: train.epochs, or the steps of the base batch")
        Budget budget,
    @Setting(
            "what the best of the rates is: that of the highest accuracy, or of fewest epochs to the target")
        Choice choice,
    Map<String, String> settings) {

  /** What runs of an arm have in common, whatever their batch. */
  public enum Budget {
    EPOCHS,
    STEPS
  }

  /** What makes a rate the best of those tried. */
  public enum Choice {
    ACCURACY,
    TARGET
  }

  public ArmConfig {
    Check.values(
            ArmConfig.class,
            name,
            batches,
            seeds,
            localBatch,
            rateGrowth,
            warmupGrowth,
            rates,
            budget,
            choice,
            settings)
        .refuse(repeats(batches), "names a batch twice", "scale.batches")
        .refuse(repeats(seeds), "names a seed twice", "scale.seeds")
        .refuse(repeats(rates), "names a rate twice", "scale.rates")
        .orThrow();
    batches = List.copyOf(batches);
    seeds = List.copyOf(seeds);
    rates = List.copyOf(rates);
    settings = Map.copyOf(settings);
  }

  private static boolean repeats(List<?> list) {
    return new HashSet<>(list).size() < list.size();
  }

  /**
   * The settings that a cell adds to those of its arm.
   *
   * @param warmupEpochs those of the base batch
   * @param epochs those of the base batch
   */
  public Map<String, String> settings(Cell cell, int baseBatch, double warmupEpochs, int epochs) {
    int batch = cell.batch();
    long planned =
        switch (budget) {
          case EPOCHS -> epochs;
          case STEPS -> Math.max(1, Math.round((double) epochs * batch / baseBatch));
        };
    double warmup = Math.min(warmupEpochs * warmupGrowth.factor(batch, baseBatch), planned / 2.0);
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("train.batch-size", Integer.toString(batch));
    settings.put("train.seed", Long.toString(cell.seed()));
    settings.put(
        "train.optimizer.learning-rate",
        CanonicalText.of(cell.baseRate() * rateGrowth.factor(batch, baseBatch)));
    settings.put("train.schedule.warmup-epochs", CanonicalText.of(warmup));
    settings.put("train.epochs", Long.toString(planned));
    localBatch.ifPresent(
        local -> settings.put("sync.replicas", Integer.toString(Math.max(1, batch / local))));
    return settings;
  }
}

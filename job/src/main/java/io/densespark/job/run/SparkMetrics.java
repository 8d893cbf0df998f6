package io.densespark.job.run;

import static io.densespark.observe.TrainingMetric.CHECKPOINT_AGE_SECONDS;
import static io.densespark.observe.TrainingMetric.COMMUNICATION_MILLIS;
import static io.densespark.observe.TrainingMetric.COMPUTE_MILLIS;
import static io.densespark.observe.TrainingMetric.DATA_MILLIS;
import static io.densespark.observe.TrainingMetric.EPOCH;
import static io.densespark.observe.TrainingMetric.IMAGES_PER_SECOND;
import static io.densespark.observe.TrainingMetric.LEARNING_RATE;
import static io.densespark.observe.TrainingMetric.LOSS;
import static io.densespark.observe.TrainingMetric.NOISE_SCALE;
import static io.densespark.observe.TrainingMetric.RANKS;
import static io.densespark.observe.TrainingMetric.RECOVERIES;
import static io.densespark.observe.TrainingMetric.SLOTS;
import static io.densespark.observe.TrainingMetric.STEP;
import static io.densespark.observe.TrainingMetric.STEP_MILLIS;
import static io.densespark.observe.TrainingMetric.TEST_ACCURACY;
import static io.densespark.observe.TrainingMetric.TEST_LOSS;
import static io.densespark.observe.TrainingMetric.WAIT_MILLIS;

import io.densespark.metrics.StepRecord;
import io.densespark.observe.TrainingMetric;
import io.densespark.sync.master.Preflight;
import io.densespark.train.NoiseScale;
import io.densespark.train.StepMetrics;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.spark.api.java.JavaSparkContext;

/** Keeps what monitoring sees of the run: {@link TrainingMetric}. */
final class SparkMetrics implements RunListener, AutoCloseable {

  private final NoiseScale noise = new NoiseScale();
  private int recoveries;

  /**
   * @param sinceCheckpoint time since a checkpoint was stored
   */
  SparkMetrics(JavaSparkContext spark, int ranks, Supplier<Duration> sinceCheckpoint) {
    TrainingMetric.forget();
    RANKS.set(ranks);
    RECOVERIES.set(0);
    SLOTS.from(() -> Preflight.slots(spark));
    CHECKPOINT_AGE_SECONDS.from(() -> sinceCheckpoint.get().toMillis() / 1e3);
  }

  @Override
  public void onStep(StepMetrics step) {
    StepRecord record = RunMetrics.record(step, noise);
    EPOCH.set(record.epoch());
    STEP.set(record.step());
    LOSS.set(record.loss());
    LEARNING_RATE.set(record.learningRate());
    IMAGES_PER_SECOND.set(record.imagesPerSecond());
    STEP_MILLIS.set(record.stepMillis());
    COMPUTE_MILLIS.set(record.computeMillis());
    COMMUNICATION_MILLIS.set(record.communicationMillis());
    WAIT_MILLIS.set(record.waitMillis());
    DATA_MILLIS.set(record.dataMillis());
    NOISE_SCALE.set(record.noiseScale());
  }

  @Override
  public void onRecovery(int attempt, String reason) {
    RECOVERIES.set(++recoveries);
  }

  @Override
  public void onEpoch(EpochEnd end) {
    // Not known after an epoch that was measured on the images held out.
    Optional.ofNullable(end.record().testAccuracy()).ifPresent(TEST_ACCURACY::set);
    Optional.ofNullable(end.record().testLoss()).ifPresent(TEST_LOSS::set);
  }

  /**
   * Spark reports once more when it stops: the last figures stay, what has to be asked for goes.
   */
  @Override
  public void close() {
    SLOTS.set(Double.NaN);
    CHECKPOINT_AGE_SECONDS.set(Double.NaN);
  }
}

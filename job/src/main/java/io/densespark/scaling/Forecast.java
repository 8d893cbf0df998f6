package io.densespark.scaling;

import io.densespark.scaling.StepTimeModel.Model;
import io.densespark.sync.SyncConfig.WireFormat;

/**
 * What a step would take if each replica had an executor of its own, by {@link StepTimeModel}, from
 * the time that a replica computes here. The network is taken to have 10 Gbit/s and 0.1 ms; the
 * other constants are those of {@code docs/scaling.md}.
 *
 * @param stepMillis of gradient sharing in fp32
 * @param efficiency share of the executors' time in which they compute
 */
public record Forecast(double stepMillis, double efficiency) {

  private static final double JITTER = 0.03;
  private static final double LATENCY_SECONDS = 1e-4;
  private static final double BYTES_PER_SECOND = 1.25e9;
  private static final double ROUND_SECONDS = 564e-6;
  private static final double FRAME_SECONDS = 94.9e-6;
  private static final double VALUE_SECONDS = 4.62e-9;

  /**
   * @param computeSeconds of one replica's part of a step
   * @param parameters of the model, running statistics included
   */
  public static Forecast of(double computeSeconds, long parameters, int replicas) {
    StepTimeModel model =
        new StepTimeModel(
            computeSeconds,
            JITTER * computeSeconds,
            LATENCY_SECONDS,
            BYTES_PER_SECOND,
            ROUND_SECONDS,
            FRAME_SECONDS,
            VALUE_SECONDS);
    double seconds =
        model.gradientSharingSeconds(new Model(parameters, 0, 0, 0), WireFormat.FP32, replicas);
    return new Forecast(1000 * seconds, model.efficiency(seconds));
  }
}

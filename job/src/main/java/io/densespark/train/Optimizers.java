package io.densespark.train;

import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ISchedule;

/** DL4J's updater for the optimiser settings. */
public final class Optimizers {

  private Optimizers() {}

  /** The updater that follows {@code schedule}. */
  public static IUpdater updater(TrainConfig.OptimizerConfig config, ISchedule schedule) {
    return switch (config.kind()) {
      case SGD -> new Sgd(schedule);
      // LARS keeps its velocity where Nesterov does, LAMB its moments where Adam does.
      case NESTEROV, LARS -> new Nesterovs(schedule, config.momentum());
      case ADAM, LAMB ->
          Adam.builder()
              .learningRateSchedule(schedule)
              .beta1(config.beta1())
              .beta2(config.beta2())
              .epsilon(config.epsilon())
              .build();
    };
  }
}

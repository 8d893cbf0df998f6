package io.densespark.train;

import io.densespark.settings.Check;
import io.densespark.settings.Section;
import io.densespark.settings.Setting;
import io.densespark.settings.TextForm;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of the optimisation. */
@Section("train")
public record TrainConfig(
    @Setting(value = "passes over the training images", range = "[1, 1000000]") int epochs,
    @Setting(value = "global batch: examples of one update, over all replicas", range = "[1, )")
        int batchSize,
    @Setting("seed of initial parameters, shuffling, augmentation and dropout") long seed,
    OptimizerConfig optimizer,
    ScheduleConfig schedule,
    @Setting(value = "coefficient of L2 regularisation of the weights; 0: none", range = "[0, )")
        double l2,
    @Setting(
            value = "share of each label spread evenly over all classes",
            range = "[0, 1)",
            usedWhen = "sync.mode = gradient-sharing, parameter-averaging",
            off = "0")
        double labelSmoothing,
    EarlyStoppingConfig earlyStopping,
    @Setting(
            value =
                "decay of a moving average of the parameters, which is evaluated and saved in their place; 0: none",
            range = "[0, 1)",
            usedWhen = "sync.mode = gradient-sharing, parameter-averaging",
            off = "0")
        double emaDecay,
    @Setting(
            value =
                "global batches, without augmentation, from which batch norm's statistics are estimated anew at the end of an epoch; 0: the running ones",
            range = "[0, )",
            usedWhen = "sync.mode = gradient-sharing, parameter-averaging",
            off = "0")
        int batchNormBatches,
    @Setting(
            value = "the run stops with exit code 22 after this long",
            word = "none",
            altersResult = false)
        Optional<Duration> timeLimit,
    @Setting(
            value = "DL4J model zip whose parameters training begins from; none: random ones",
            word = "none",
            form = TextForm.URI)
        Optional<String> warmStart) {

  /** Update rule; the fields that a rule does not use are ignored. */
  @Section("train.optimizer")
  public record OptimizerConfig(
      @Setting("update rule") Kind kind,
      @Setting(value = "peak of the learning rate", range = "(0, )") double learningRate,
      @Setting(
              value = "share of the last update kept",
              range = "[0, 1)",
              usedWhen = "train.optimizer.kind = nesterov, lars")
          double momentum,
      @Setting(
              value = "decay of the mean gradient",
              range = "[0, 1)",
              usedWhen = "train.optimizer.kind = adam, lamb")
          double beta1,
      @Setting(
              value = "decay of the mean squared gradient",
              range = "[0, 1)",
              usedWhen = "train.optimizer.kind = adam, lamb")
          double beta2,
      @Setting(
              value = "added to the divisor",
              range = "(0, )",
              usedWhen = "train.optimizer.kind = adam, lamb")
          double epsilon,
      @Setting(
              value = "whether the velocity follows changes of the rate, as PyTorch's does",
              usedWhen = "train.optimizer.kind = nesterov",
              off = "false")
          boolean momentumCorrection,
      @Setting(
              value = "length of an update as a share of the length of the layer's weights",
              range = "(0, )",
              usedWhen = "train.optimizer.kind = lars")
          double trustCoefficient,
      @Setting(
              value = "longest mean gradient of a step, longer ones are shortened; 0: any length",
              range = "[0, )",
              usedWhen = "sync.mode = gradient-sharing, parameter-averaging",
              off = "0")
          double clipNorm) {

    /** The update rules: the first three are DL4J's own, then those that go layer by layer. */
    public enum Kind {
      SGD,
      NESTEROV,
      ADAM,
      LARS,
      LAMB;

      /** Whether DL4J's own execution knows it. */
      public boolean isDl4j() {
        return this == SGD || this == NESTEROV || this == ADAM;
      }
    }

    public OptimizerConfig {
      Check.values(
          OptimizerConfig.class,
          kind,
          learningRate,
          momentum,
          beta1,
          beta2,
          epsilon,
          momentumCorrection,
          trustCoefficient,
          clipNorm);
    }
  }

  /** Learning rate as a function of the global step. */
  @Section("train.schedule")
  public record ScheduleConfig(
      @Setting("shape of the learning rate after the warm-up") Kind kind,
      @Setting(
              value = "epochs over which the rate rises linearly from near 0; 0: none",
              range = "[0, )")
          double warmupEpochs,
      @Setting(
              value = "epochs at which the rate is multiplied by the factor",
              range = "(0, )",
              usedWhen = "train.schedule.kind = step")
          List<Double> milestones,
      @Setting(
              value = "what the rate is multiplied by at a milestone",
              range = "(0, 1)",
              usedWhen = "train.schedule.kind = step")
          double factor,
      @Setting(
              value = "last rate as a share of the peak",
              range = "[0, 1]",
              usedWhen = "train.schedule.kind = linear, cosine, one-cycle")
          double finalFraction) {

    /** Shapes of the learning-rate curve. */
    public enum Kind {
      CONSTANT,
      STEP,
      LINEAR,
      COSINE,
      ONE_CYCLE
    }

    public ScheduleConfig {
      Check.values(ScheduleConfig.class, kind, warmupEpochs, milestones, factor, finalFraction)
          .refuse(
              kind == Kind.STEP
                  && (milestones.isEmpty()
                      || !milestones.stream().sorted().distinct().toList().equals(milestones)),
              "a step schedule needs milestones, each later than the one before",
              "train.schedule.kind",
              "train.schedule.milestones")
          .orThrow();
      milestones = List.copyOf(milestones);
    }
  }

  /** When training ends before its last epoch. */
  @Section("train.early-stopping")
  public record EarlyStoppingConfig(
      @Setting(
              value =
                  "epochs in a row without gain in accuracy after which training stops; 0: never",
              range = "[0, )")
          int patience,
      @Setting(value = "rise of the best accuracy so far that counts as a gain", range = "[0, 1)")
          double minGain,
      @Setting(
              value = "accuracy after an epoch with which training stops",
              range = "(0, 1]",
              word = "none")
          Optional<Double> target) {

    public EarlyStoppingConfig {
      Check.values(EarlyStoppingConfig.class, patience, minGain, target);
    }
  }

  public TrainConfig {
    Check.values(
            TrainConfig.class,
            epochs,
            batchSize,
            seed,
            optimizer,
            schedule,
            l2,
            labelSmoothing,
            earlyStopping,
            emaDecay,
            batchNormBatches,
            timeLimit,
            warmStart)
        .refuse(
            schedule.warmupEpochs() >= epochs,
            "the warm-up would fill the whole run: it must be shorter than the epochs",
            "train.schedule.warmup-epochs",
            "train.epochs")
        .refuse(
            schedule.kind() == ScheduleConfig.Kind.STEP
                && schedule.milestones().stream().anyMatch(milestone -> milestone >= epochs),
            "a milestone at or after the last epoch would never come: each must be below the epochs",
            "train.schedule.milestones",
            "train.epochs")
        .orThrow();
  }

  /** What steps do beside DL4J's update, or in its place. */
  public UpdateConfig update() {
    return new UpdateConfig(
        emaDecay,
        optimizer.momentumCorrection(),
        optimizer.clipNorm(),
        switch (optimizer.kind()) {
          case SGD, NESTEROV, ADAM -> UpdateConfig.Layerwise.NONE;
          case LARS -> UpdateConfig.Layerwise.LARS;
          case LAMB -> UpdateConfig.Layerwise.LAMB;
        },
        optimizer.trustCoefficient(),
        batchNormBatches);
  }
}

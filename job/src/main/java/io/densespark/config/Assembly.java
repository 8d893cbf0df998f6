package io.densespark.config;

import io.densespark.config.RunConfig.CheckpointConfig;
import io.densespark.config.RunConfig.EvaluationConfig;
import io.densespark.config.RunConfig.MetricsConfig;
import io.densespark.config.RunConfig.NotifyConfig;
import io.densespark.config.RunConfig.RegistryConfig;
import io.densespark.config.RunConfig.RunOptions;
import io.densespark.data.DataConfig;
import io.densespark.data.DataConfig.AugmentConfig;
import io.densespark.engine.EngineConfig;
import io.densespark.model.DenseNetSpec;
import io.densespark.registry.GateConfig;
import io.densespark.sync.SnapshotPolicy;
import io.densespark.sync.SyncConfig;
import io.densespark.train.TrainConfig;
import io.densespark.train.TrainConfig.OptimizerConfig;
import io.densespark.train.TrainConfig.ScheduleConfig;
import java.time.Duration;
import java.util.Map;

/** Puts checked values into the records of the components. */
final class Assembly {

  private Assembly() {}

  static RunConfig of(
      Values values,
      DenseNetSpec model,
      Map<String, String> sparkConf,
      boolean fresh,
      ResolvedSettings settings) {
    return new RunConfig(
        new RunOptions(
            values.text("run.output"),
            values.textUnless(Schema.AUTO, "run.id"),
            values.text("run.master"),
            values.span("run.lock-lease"),
            fresh),
        data(values),
        model,
        train(values),
        new EngineConfig(
            values.constant(EngineConfig.Choice.class, "engine.name"),
            values.constant(EngineConfig.Precision.class, "engine.precision")),
        sync(values),
        new EvaluationConfig(values.whole("evaluation.batch-size")),
        checkpoint(values),
        new MetricsConfig(values.whole("metrics.every-steps")),
        new RegistryConfig(values.text("registry.name"), values.span("registry.patience")),
        gate(values),
        new NotifyConfig(
            values.textUnless(Schema.NONE, "notify.command"), values.span("notify.timeout")),
        sparkConf,
        settings);
  }

  private static GateConfig gate(Values values) {
    return new GateConfig(
        values.constant(GateConfig.Comparison.class, "gate.against-champion"),
        values.number("gate.significance"),
        values.number("gate.max-accuracy-drop"),
        values.number("gate.min-accuracy"),
        values.number("gate.min-class-recall"),
        values.number("gate.max-calibration-error"),
        values.whole("gate.max-model-megabytes"),
        values.span("gate.max-latency"),
        values.flag("gate.frozen-test-set"));
  }

  private static DataConfig data(Values values) {
    return new DataConfig(
        values.textUnless(Schema.AUTO, "data.path"),
        values.whole("data.image-size"),
        values.wholeUnlessWord("data.train-limit"),
        values.wholeUnlessWord("data.test-limit"),
        values.flag("data.download"),
        values.flag("data.verify-checksums"),
        new AugmentConfig(
            values.flag("data.augment.horizontal-flip"),
            values.whole("data.augment.crop-padding")));
  }

  private static TrainConfig train(Values values) {
    return new TrainConfig(
        values.whole("train.epochs"),
        values.whole("train.batch-size"),
        values.wide("train.seed"),
        new OptimizerConfig(
            values.constant(OptimizerConfig.Kind.class, "train.optimizer.kind"),
            values.number("train.optimizer.learning-rate"),
            values.number("train.optimizer.momentum"),
            values.number("train.optimizer.beta1"),
            values.number("train.optimizer.beta2"),
            values.number("train.optimizer.epsilon")),
        new ScheduleConfig(
            values.constant(ScheduleConfig.Kind.class, "train.schedule.kind"),
            values.number("train.schedule.warmup-epochs"),
            values.numbers("train.schedule.milestones"),
            values.number("train.schedule.factor"),
            values.number("train.schedule.final-fraction")),
        values.number("train.l2"),
        values.number("train.label-smoothing"),
        values.spanUnlessWord("train.time-limit"),
        values.textUnless(Schema.NONE, "train.warm-start"));
  }

  private static SyncConfig sync(Values values) {
    return new SyncConfig(
        values.constant(SyncConfig.Mode.class, "sync.mode"),
        values.wholeUnlessWord("sync.replicas"),
        values.whole("sync.averaging-frequency"),
        values.whole("sync.averaging-warmup-steps"),
        values.span("sync.timeout"),
        values.constant(SyncConfig.WireFormat.class, "sync.wire-format"));
  }

  private static CheckpointConfig checkpoint(Values values) {
    return new CheckpointConfig(
        values.whole("checkpoint.every-epochs"),
        new SnapshotPolicy(
            values.wholeUnlessWord("checkpoint.every-steps").orElse(0),
            values.spanUnlessWord("checkpoint.every").orElse(Duration.ZERO)),
        values.whole("checkpoint.keep-last"),
        values.whole("checkpoint.keep-best"));
  }
}

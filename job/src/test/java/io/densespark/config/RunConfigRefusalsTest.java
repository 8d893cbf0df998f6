package io.densespark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong with settings, and how it is told. */
class RunConfigRefusalsTest extends LoadedSettings {

  @Test
  void filesOfAbsurdDepthOrSizeAreRefusedAtOnce() {
    Path deep = file("train " + "{ a ".repeat(100_000) + "= 1" + " }".repeat(100_000));
    assertThat(text(problems(new ConfigSources().file(deep)))).contains("too large");
    Path list = file("train.epochs = " + "[".repeat(90_000) + "]".repeat(90_000));
    assertThat(text(problems(new ConfigSources().file(list)))).contains("nested too deeply");
    String[] keys = IntStream.range(0, 3000).mapToObj(i -> "a" + i + " = 1").toArray(String[]::new);
    List<Problem> many = problems(new ConfigSources().file(file(keys)));
    assertThat(many).hasSize(3000);
    assertThat(text(many)).contains("3000 problems", "and 2900 more");
  }

  @Test
  void everythingWrongIsToldAtOnceWithItsSource() {
    Path file = file("data.image-siz = 48", "train.epochs = soon", "", "train.batch-size = 0");

    List<Problem> problems =
        problems(
            new ConfigSources().file(file).set("model.compression=1.5").set("sync.mode=alone"));

    assertThat(problems)
        .extracting(RunConfigRefusalsTest::keyOf)
        .containsExactlyInAnyOrder(
            "data.image-siz", "train.epochs", "train.batch-size", "model.compression", "sync.mode");
    assertThat(text(problems))
        .contains("data.image-siz = 48   (" + file + ":1)", "did you mean data.image-size?")
        .contains("train.epochs = soon   (" + file + ":2)")
        .contains("train.batch-size = 0   (" + file + ":4)", "a whole number of at least 1")
        .contains("model.compression = 1.5   (--set)", "above 0 and at most 1")
        .contains("sync.mode = alone   (--set)", "one of gradient-sharing, parameter-averaging");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data.image-size=0",
        "data.image-size=-3",
        "data.image-size=48.5",
        "data.train-limit=0",
        "data.train-limit=some",
        "data.download=maybe",
        "data.augment.crop-padding=-1",
        "model.name=resnet",
        "model.block-layers=[]",
        "model.block-layers=4,0",
        "model.growth-rate=99999999999",
        "data.augment.erasing.fill=none",
        "data.augment.erasing.fill=256",
        "model.stem.kernel=4",
        "train.epochs=",
        "train.batch-size=-1",
        "train.batch-size=3000000000",
        "train.optimizer.learning-rate=NaN",
        "train.optimizer.learning-rate=0",
        "train.optimizer.learning-rate=1e999999999",
        "train.label-smoothing=1",
        "train.time-limit=30",
        "train.time-limit=-1h",
        "train.time-limit=999999999999d",
        "sync.timeout=25d",
        "run.lock-lease=4s",
        "run.output=~/runs",
        "data.path=https://store/a?sig=hush",
        "train.seed=9223372036854775808",
        "engine=gpu",
        "sync.replicas=0",
        "sync.timeout=0s",
        "run.id=../elsewhere",
        "run.output= ",
        "spark.conf.spark.master=local",
        "spark.conf.executor.memory=2g",
        "train",
        "train=3"
      })
  void refuses(String assignment) {
    assertThat(problems(assignment)).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sync.replicas=16 data.train-limit=8 | sync.replicas, data.train-limit",
        "sync.replicas=9 train.batch-size=8 | sync.replicas, train.batch-size",
        "sync.replicas=3 train.batch-size=128 | sync.replicas, train.batch-size",
        "data.progressive-sizes=[48,24] | data.progressive-sizes, model.name",
        "data.augment.crop-padding=40 data.progressive-sizes=40"
            + " | data.progressive-sizes, data.augment.crop-padding",
        "data.validation=8 data.train-limit=8 | data.validation, data.train-limit",
        "data.augment.crop-padding=48 | data.image-size, data.augment.crop-padding",
        "train.epochs=2 train.schedule.warmup-epochs=2 | train.schedule.warmup-epochs, train.epochs",
        "train.schedule.kind=step | train.schedule.kind, train.schedule.milestones",
        "train.schedule.kind=step train.schedule.milestones=3,2"
            + " | train.schedule.kind, train.schedule.milestones",
        "train.schedule.kind=step train.schedule.milestones=3,5"
            + " | train.schedule.milestones, train.epochs",
        "train.schedule.kind=one-cycle train.schedule.milestones=3"
            + " | train.schedule.milestones, train.schedule.kind",
        "engine=nd4j engine.precision=bf16 | engine.name, engine.precision",
        "engine=onednn sync.mode=dl4j-parameter-averaging | sync.mode, engine.name",
        "engine.precision=bf16 sync.mode=dl4j-gradient-sharing | sync.mode, engine.precision",
        "sync.mode=dl4j-gradient-sharing data.augment.crop-padding=2"
            + " | data.augment.crop-padding, sync.mode",
        "sync.mode=dl4j-parameter-averaging train.label-smoothing=0.1"
            + " | train.label-smoothing, sync.mode",
        "sync.mode=dl4j-parameter-averaging checkpoint.every-steps=10"
            + " | checkpoint.every-steps, sync.mode",
        "sync.mode=dl4j-parameter-averaging checkpoint.every=1m | checkpoint.every, sync.mode",
        "sync.mode=dl4j-gradient-sharing metrics.every-steps=5 | metrics.every-steps, sync.mode",
        "sync.averaging-frequency=4 | sync.averaging-frequency, sync.mode",
        "train.optimizer.beta1=0.9 | train.optimizer.beta1, train.optimizer.kind",
        "train.optimizer.kind=adam train.optimizer.momentum-correction=true"
            + " | train.optimizer.momentum-correction, train.optimizer.kind",
        "sync.mode=dl4j-parameter-averaging train.optimizer.kind=lamb"
            + " | sync.mode, train.optimizer.kind",
        "sync.mode=dl4j-gradient-sharing train.optimizer.momentum-correction=true"
            + " | sync.mode, train.optimizer.momentum-correction",
        "sync.mode=dl4j-gradient-sharing train.optimizer.clip-norm=1"
            + " | train.optimizer.clip-norm, sync.mode",
        "data.image-size=24 | data.image-size, model.name"
      })
  void refusesTogether(String assignments, String keys) {
    List<Problem> problems = problems(assignments.split(" "));

    assertThat(problems).hasSize(1);
    assertThat(problems.get(0).culprits())
        .extracting(Problem.Culprit::key)
        .containsExactly(keys.split(", "));
  }

  @Test
  void filesThatCannotBeReadAreToldByName() {
    assertThat(text(problems(new ConfigSources().file(directory.resolve("none.conf")))))
        .contains("none.conf", "no such file");
    assertThat(text(problems(new ConfigSources().file(directory)))).contains("is a directory");
    assertThat(text(problems(new ConfigSources().file(file("train {", "epochs = ")))))
        .contains("not HOCON", "settings.conf");
  }

  @Test
  void nullIsNotAValue() {
    assertThat(problems(new ConfigSources().file(file("train.epochs = null")))).hasSize(1);
  }

  @Test
  void nestedNamesForSparkAreRefused() {
    assertThat(
            text(problems(new ConfigSources().file(file("spark.conf.spark.executor.memory = 2g")))))
        .contains("spark.conf.\"spark.executor.memory\"");
  }

  private static String keyOf(Problem problem) {
    return problem.culprits().get(0).key();
  }
}

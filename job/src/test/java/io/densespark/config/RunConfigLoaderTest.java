package io.densespark.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.data.DataConfig.AugmentConfig;
import io.densespark.data.DataConfig.ErasingConfig;
import io.densespark.engine.EngineConfig;
import io.densespark.sync.SyncConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunConfigLoaderTest {

  @TempDir Path directory;

  @Test
  void withoutAnySourceTheDefaultsHold() {
    RunConfig config = load();

    assertThat(config.model().name()).isEqualTo("densenet-bc");
    assertThat(config.data().path()).isEmpty();
    assertThat(config.data().trainLimit()).isEmpty();
    assertThat(config.sync().replicas()).isEmpty();
    assertThat(config.train().timeLimit()).isEmpty();
    assertThat(config.run().master()).isEqualTo("local[*]");
    assertThat(config.run().runId()).isEmpty();
    assertThat(config.fresh()).isFalse();
    assertThat(config.settings().entries()).allMatch(ResolvedSettings.Entry::isDefault);
  }

  @Test
  void flagGoesBeforeFileAndFileBeforeDefault() {
    Path file = file("train { epochs = 7, batch-size = 32 }");
    RunConfig config = load(new ConfigSources().file(file).set("train.epochs=9"));

    assertThat(config.train().epochs()).isEqualTo(9);
    assertThat(config.train().batchSize()).isEqualTo(32);
    assertThat(config.train().seed()).isEqualTo(42);
    assertThat(entry(config, "train.epochs").where()).isEqualTo("--set");
    assertThat(entry(config, "train.batch-size").where()).isEqualTo(file + ":1");
    assertThat(entry(config, "train.seed").where()).isEqualTo("default");
  }

  @Test
  void aDefaultSpelledOutIsStillTheDefault() {
    assertThat(entry(load("train.l2=1e-4"), "train.l2").isDefault()).isTrue();
    assertThat(entry(load("train.l2=1e-3"), "train.l2").isDefault()).isFalse();
    assertThat(entry(load("model.growth-rate=8"), "model.growth-rate").isDefault()).isFalse();
    assertThat(entry(load(), "model.growth-rate").isDefault()).isTrue();
  }

  @Test
  void laterAssignmentGoesBeforeEarlier() {
    assertThat(load("train.epochs=3", "train.epochs=4").train().epochs()).isEqualTo(4);
  }

  @Test
  void readsEveryKindOfValueFromTheCommandLine() {
    RunConfig config =
        load(
            "data.path=hdfs://name:8020/fashion",
            "data.train-limit=1e3",
            "data.download=off",
            "model.block-layers=2,3",
            "train.optimizer.learning-rate=.05",
            "train.time-limit=90 minutes",
            "sync.mode=dl4j-gradient-sharing",
            "sync.replicas=2",
            "sync.timeout=1500ms");

    assertThat(config.data().path()).contains("hdfs://name:8020/fashion");
    assertThat(config.data().trainLimit()).isEqualTo(OptionalInt.of(1000));
    assertThat(config.data().download()).isFalse();
    assertThat(config.model().blockLayers()).containsExactly(2, 3);
    assertThat(config.train().optimizer().learningRate()).isEqualTo(0.05);
    assertThat(config.train().timeLimit()).contains(Duration.ofMinutes(90));
    assertThat(config.sync().mode()).isEqualTo(SyncConfig.Mode.DL4J_GRADIENT_SHARING);
    assertThat(config.sync().replicas()).isEqualTo(OptionalInt.of(2));
    assertThat(config.sync().timeout()).isEqualTo(Duration.ofMillis(1500));
  }

  @ParameterizedTest
  @ValueSource(strings = {"[4, 4]", "4,4", "4, 4", "[4,4]"})
  void listsNeedNoBracketsOnTheCommandLine(String text) {
    assertThat(load("model.block-layers=" + text).model().blockLayers()).containsExactly(4, 4);
  }

  @Test
  void overridesReplaceTheNumbersOfThePreset() {
    RunConfig config =
        load("model.name=densenet-121", "model.growth-rate=16", "model.stem.max-pool=false");

    assertThat(config.model().blockLayers()).containsExactly(6, 12, 24, 16);
    assertThat(config.model().growthRate()).isEqualTo(16);
    assertThat(config.model().stem().maxPool()).isFalse();
    assertThat(config.model().stem().kernel()).isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource({
    "engine = nd4j,                             engine=onednn",
    "engine.name = nd4j,                        engine=onednn",
    "engine = nd4j,                             engine.name=onednn",
    "'engine { precision = fp32, name = nd4j }', engine=onednn"
  })
  void engineIsAWordOrAnObjectInEverySource(String inFile, String flag) {
    Path file = file(inFile);

    assertThat(load(new ConfigSources().file(file)).engine().choice())
        .isEqualTo(EngineConfig.Choice.ND4J);
    assertThat(load(new ConfigSources().file(file).set(flag)).engine().choice())
        .isEqualTo(EngineConfig.Choice.ONEDNN);
  }

  @Test
  void aNumberMayBeGivenByAWord() {
    RunConfig byWord = load(new ConfigSources().set("data.augment.erasing.fill=random"));
    RunConfig byNumber = load(new ConfigSources().set("data.augment.erasing.fill=0"));

    assertThat(byWord.data().augment().erasing()).isEqualTo(ErasingConfig.none());
    assertThat(byWord.settings().toJson()).contains("\"fill\": \"random\"");
    assertThat(byNumber.data().augment().erasing().fill()).isZero();
  }

  @Test
  void aWordForTheEngineKeepsThePrecisionOfAWeakerSource() {
    Path file = file("engine { name = onednn, precision = bf16 }");

    assertThat(load(new ConfigSources().file(file).set("engine=auto")).engine())
        .isEqualTo(new EngineConfig(EngineConfig.Choice.AUTO, EngineConfig.Precision.BF16));
  }

  @Test
  void referencesInAFileSeeWhatTheRunUses() {
    Path bad = file("data.image-size = ${size}");
    assertThat(problems(new ConfigSources().file(bad)))
        .singleElement()
        .extracting(Problem::message)
        .asString()
        .contains("${size}");
    Path good = file("evaluation.batch-size = ${train.batch-size}");
    assertThat(load(new ConfigSources().file(good)).evaluation().batchSize()).isEqualTo(64);
    assertThat(
            load(new ConfigSources().file(good).set("train.batch-size=32"))
                .evaluation()
                .batchSize())
        .isEqualTo(32);
  }

  @Test
  void entriesForSparkKeepTheirWholeNames() {
    Path file =
        file(
            "spark.conf {",
            "  \"spark.speculation\" = true",
            "  \"spark.speculation.quantile\" = 0.9",
            "}");
    RunConfig config =
        load(new ConfigSources().file(file).set("spark.conf.spark.executor.memory=2g"));

    assertThat(config.sparkConf())
        .isEqualTo(
            Map.of(
                "spark.speculation", "true",
                "spark.speculation.quantile", "0.9",
                "spark.executor.memory", "2g"));
  }

  @Test
  void secretsReachSparkButNoText() {
    RunConfig config = load("spark.conf.spark.hadoop.fs.s3a.secret.key=hush");

    assertThat(config.sparkConf()).containsEntry("spark.hadoop.fs.s3a.secret.key", "hush");
    assertThat(config.settings().toJson()).doesNotContain("hush", "secret");
    assertThat(config.settings().entries().toString()).doesNotContain("hush");
    assertThat(problems("spark.conf.hadoop.fs.s3a.secret.key=hush").toString())
        .doesNotContain("hush");
    assertThat(problems("run.output=s3a://me:hush@bucket/runs").toString()).doesNotContain("hush");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "my.api-key=hush",
        "spark.hadoop.fs.azure.account.key.store.dfs.core.windows.net=hush",
        "spark.hadoop.my.passwd=hush",
        "spark.driver.extraJavaOptions=-Dx=y -Dpassword=hush",
        "spark.jars=https://me:hush@repo/x.jar",
        "spark.hadoop.x=wasbs://c@store/a?sig=hush"
      })
  void noSecretIsShownOrKept(String entry) {
    if (entry.startsWith("spark.")) {
      ResolvedSettings settings = load("spark.conf." + entry).settings();
      assertThat(settings.toJson()).doesNotContain("hush");
      assertThat(settings.entries().toString()).doesNotContain("hush").contains("(hidden)");
    }
    String wrong = "spark.cnf." + entry;
    Path nested = file("spark.conf { a { " + entry.replaceFirst("=", " = \"") + "\" } }");
    assertThat(text(problems(wrong))).doesNotContain("hush");
    assertThat(text(problems(new ConfigSources().file(nested)))).doesNotContain("hush");
  }

  @Test
  void dl4jsModesTakeTheWordsThatAskForNothing() {
    RunConfig config =
        load(
            "sync.mode=dl4j-parameter-averaging",
            "data.augment.horizontal-flip=false",
            "data.augment.crop-padding=0",
            "train.label-smoothing=0",
            "checkpoint.every-steps=none");

    assertThat(config.sync().mode().isDl4j()).isTrue();
    assertThat(entry(config, "data.augment.crop-padding").used()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"true, RANDOM", "false, OFF", "random, RANDOM", "alternating, ALTERNATING"})
  void choicesKnowTheirAliases(String text, AugmentConfig.Flip flip) {
    assertThat(load("data.augment.horizontal-flip=" + text).data().augment().horizontalFlip())
        .isEqualTo(flip);
  }

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
  void freshIsAskedForByFlagAlone() {
    assertThat(load(new ConfigSources().fresh(true)).fresh()).isTrue();
    assertThat(problems("run.fresh=true")).hasSize(1);
  }

  @Test
  void everythingWrongIsToldAtOnceWithItsSource() {
    Path file = file("data.image-siz = 48", "train.epochs = soon", "", "train.batch-size = 0");

    List<Problem> problems =
        problems(
            new ConfigSources().file(file).set("model.compression=1.5").set("sync.mode=alone"));

    assertThat(problems)
        .extracting(RunConfigLoaderTest::keyOf)
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
  void aFlagThatChoosesAnotherRuleLeavesTheFilesOwnNumbersBehind() {
    Path file = file("train.schedule { kind = step, milestones = [2, 4] }");

    assertThat(
            load(new ConfigSources().file(file).set("train.schedule.kind=cosine"))
                .train()
                .schedule()
                .milestones())
        .containsExactly(2.0, 4.0);
  }

  @Test
  void aFileMaySpellOutDefaultsThatDoNotCount() {
    Path file = file("train.optimizer { kind = sgd, momentum = 0.9 }");

    assertThat(load(new ConfigSources().file(file)).train().optimizer().momentum()).isEqualTo(0.9);
    assertThat(
            problems(
                new ConfigSources().file(file("train.optimizer { kind = sgd, momentum = 0.5 }"))))
        .hasSize(1);
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

  private static RunConfig load(String... assignments) {
    return load(sources(assignments));
  }

  private static RunConfig load(ConfigSources sources) {
    return new RunConfigLoader().load(sources);
  }

  private static List<Problem> problems(String... assignments) {
    return problems(sources(assignments));
  }

  private static List<Problem> problems(ConfigSources sources) {
    Optional<ConfigException> refused = Optional.empty();
    try {
      load(sources);
    } catch (ConfigException e) {
      refused = Optional.of(e);
    }
    assertThat(refused).as("refused").isPresent();
    return refused.get().problems();
  }

  private static ConfigSources sources(String... assignments) {
    ConfigSources sources = new ConfigSources();
    List.of(assignments).forEach(sources::set);
    return sources;
  }

  private static String keyOf(Problem problem) {
    return problem.culprits().get(0).key();
  }

  private static String text(List<Problem> problems) {
    return new ConfigException(problems).getMessage();
  }

  private static ResolvedSettings.Entry entry(RunConfig config, String key) {
    return config.settings().entries().stream()
        .filter(entry -> entry.key().equals(key))
        .findFirst()
        .orElseThrow();
  }

  private Path file(String... lines) {
    try {
      return Files.write(directory.resolve("settings.conf"), List.of(lines));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}

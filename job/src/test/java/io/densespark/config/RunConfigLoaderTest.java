package io.densespark.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.data.DataConfig.AugmentConfig;
import io.densespark.data.DataConfig.ErasingConfig;
import io.densespark.engine.EngineConfig;
import io.densespark.sync.SyncConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What settings files, flags and defaults come to. */
class RunConfigLoaderTest extends LoadedSettings {

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
    assertThat(entry(load("train.l2=5e-4"), "train.l2").isDefault()).isTrue();
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
  void freshIsAskedForByFlagAlone() {
    assertThat(load(new ConfigSources().fresh(true)).fresh()).isTrue();
    assertThat(problems("run.fresh=true")).hasSize(1);
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

  private static ResolvedSettings.Entry entry(RunConfig config, String key) {
    return config.settings().entries().stream()
        .filter(entry -> entry.key().equals(key))
        .findFirst()
        .orElseThrow();
  }
}

package io.densespark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.config.ResolvedSettings.Difference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResolvedSettingsTest {

  @Test
  void writtenSettingsReadAsAFileGiveTheSameSettings(@TempDir Path directory) throws IOException {
    RunConfig first =
        load(
            "model.name=densenet-bc-40-12",
            "train.time-limit=90m",
            "train.optimizer.kind=adam",
            "train.optimizer.epsilon=1e-7",
            "data.train-limit=500",
            "spark.conf.spark.executor.memory=2g");
    Path file = directory.resolve("config.json");
    Files.writeString(file, first.settings().toJson());

    RunConfig second = new RunConfigLoader().load(new ConfigSources().file(file));

    assertThat(second.settings().toJson()).isEqualTo(first.settings().toJson());
    assertThat(second.settings().resultHash()).isEqualTo(first.settings().resultHash());
    assertThat(second.model()).isEqualTo(first.model());
    assertThat(second.train()).isEqualTo(first.train());
    assertThat(second.sparkConf()).isEqualTo(first.sparkConf());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train.l2=0.00050",
        "train.l2=5E-4",
        "model.growth-rate=32",
        "model.block-layers=[4,4,4,4]",
        "train.optimizer.momentum=9e-1",
        "engine=auto"
      })
  void hashIgnoresHowAValueIsWritten(String assignment) {
    assertThat(hash(assignment)).isEqualTo(hash());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run.output=/elsewhere",
        "run.id=mine",
        "run.master=local[2]",
        "sync.timeout=10s",
        "train.time-limit=1h",
        "evaluation.batch-size=8",
        "data.download=false",
        "spark.conf.spark.executor.memory=2g"
      })
  void hashIgnoresWhatLeavesTheResultAlone(String assignment) {
    assertThat(hash(assignment)).isEqualTo(hash());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train.warm-start=model.zip",
        "train.seed=1",
        "train.epochs=6",
        "model.growth-rate=16",
        "model.stem.normalised=false",
        "data.augment.crop-padding=2",
        "sync.wire-format=bf16",
        "sync.mode=parameter-averaging",
        "engine=nd4j"
      })
  void hashTellsResultsApart(String assignment) {
    assertThat(hash(assignment)).isNotEqualTo(hash()).hasSize(64);
  }

  @Test
  void differencesNameTheKeyBothValuesAndWhetherTheyMatter() {
    ResolvedSettings earlier = load("train.epochs=5", "sync.timeout=30s").settings();
    ResolvedSettings now =
        load("train.epochs=6", "sync.timeout=1m", "run.output=/elsewhere", "run.id=again")
            .settings();

    assertThat(now.differencesFrom(earlier.toJson()))
        .containsExactly(
            new Difference("sync.timeout", "30s", "1m", false),
            new Difference("train.epochs", "5", "6", true));
    assertThat(now.differencesFrom(now.toJson())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e38", "123456789012345678901", "1e-38", "0.1"})
  void numbersOfAnySizeAreReadBack(String rate) {
    ResolvedSettings settings = load("train.optimizer.learning-rate=" + rate).settings();

    assertThat(settings.differencesFrom(settings.toJson())).isEmpty();
    assertThat(ResolvedSettings.inUse(settings.toJson()).get("train.optimizer.learning-rate"))
        .satisfies(
            text -> assertThat(Double.parseDouble(text)).isEqualTo(Double.parseDouble(rate)));
  }

  @Test
  void settingsInUseStandInTheirOrderWithoutSpark() {
    String json = load("train.optimizer.kind=sgd", "spark.conf.spark.a=b").settings().toJson();

    Map<String, String> inUse = ResolvedSettings.inUse(json.replaceFirst("\\{", "{\"new\": 1,"));

    assertThat(inUse.keySet()).containsSubsequence("data.path", "model.name", "run.id", "new");
    assertThat(inUse).doesNotContainKeys("train.optimizer.momentum", "spark.conf.spark.a");
  }

  @Test
  void settingsThatNeitherRunUsesDoNotDiffer() {
    String averaging = load("sync.mode=parameter-averaging").settings().toJson();
    String eight = "\"averaging-frequency\": 8";
    assertThat(averaging).contains(eight);
    String earlier = averaging.replace(eight, "\"averaging-frequency\": 4");

    assertThat(keys(load("sync.mode=parameter-averaging").settings().differencesFrom(earlier)))
        .containsExactly("sync.averaging-frequency");
    String sharing = load().settings().toJson().replace(eight, "\"averaging-frequency\": 4");
    assertThat(load().settings().differencesFrom(sharing)).isEmpty();
  }

  @Test
  void settingsOfAnotherVersionDiffer() {
    String earlier = load().settings().toJson().replace("\"seed\": 42", "\"luck\": 42");

    assertThat(load().settings().differencesFrom(earlier))
        .containsExactly(
            new Difference("train.luck", "42", "(none)", true),
            new Difference("train.seed", "(none)", "42", true));
  }

  @Test
  void whatIsNotJsonIsRefused() {
    assertThatThrownBy(() -> load().settings().differencesFrom("{ \"train\": "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("earlier run");
  }

  private static List<String> keys(List<Difference> differences) {
    return differences.stream().map(Difference::key).toList();
  }

  private static String hash(String... assignments) {
    return load(assignments).settings().resultHash();
  }

  private static RunConfig load(String... assignments) {
    ConfigSources sources = new ConfigSources();
    List.of(assignments).forEach(sources::set);
    return new RunConfigLoader().load(sources);
  }
}

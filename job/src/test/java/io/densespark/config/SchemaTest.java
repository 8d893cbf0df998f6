package io.densespark.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigUtil;
import io.densespark.settings.Check;
import io.densespark.settings.Declaration;
import io.densespark.settings.Secrets;
import io.densespark.settings.Section;
import io.densespark.settings.Setting;
import io.densespark.settings.SettingType;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SchemaTest {

  /** All that a new setting takes, beside its line in the defaults. */
  @Section("toy")
  record Toy(
      @Setting(value = "how many", range = "[1, 9]") int count,
      @Setting(value = "how long", word = "never", range = "(0s, 1h]") Optional<Duration> span) {
    Toy {
      Check.values(Toy.class, count, span)
          .refuse(count == 3, "three is a crowd", "toy.count", "toy.span")
          .orThrow();
    }
  }

  @Section("")
  record Root(Toy toy) {}

  private final List<Problem> problems = new ArrayList<>();

  @Test
  void theDefaultsNameExactlyTheSettingsThereAre() {
    Config defaults = ConfigFactory.parseFile(new File("../conf/densenet-bc.conf"));
    TreeSet<String> named = new TreeSet<>();
    defaults
        .entrySet()
        .forEach(entry -> named.add(String.join(".", ConfigUtil.splitPath(entry.getKey()))));

    assertThat(named).isEqualTo(new TreeSet<>(Schema.RUN.settings().keySet()));
  }

  @Test
  void everySelectorIsASettingThatKnowsTheWords() {
    for (Declaration declared : Schema.RUN.settings().values()) {
      declared
          .usage()
          .ifPresent(
              usage -> {
                SettingType selector = Schema.RUN.find(usage.key()).orElseThrow().type();
                assertThat(usage.words())
                    .as(declared.key())
                    .isNotEmpty()
                    .allMatch(word -> selector.read(word).isPresent());
              });
    }
  }

  @Test
  void noSettingIsTakenForASecret() {
    assertThat(Schema.RUN.settings().keySet()).noneMatch(Secrets::isSecret);
  }

  @Test
  void aNewSettingTakesARecordAndItsDefault() {
    assertThat(bind("toy { count = 2, span = 90 s }", "toy { count = 1, span = never }"))
        .isEqualTo(new Root(new Toy(2, Optional.of(Duration.ofSeconds(90)))));
    assertThat(problems).isEmpty();
    assertThat(bind("toy.span = never", "toy { count = 1, span = 1h }").toy().span()).isEmpty();
  }

  @Test
  void itsValuesNamesAndRulesAreCheckedLikeAllOthers() {
    Root root =
        bind("toy { count = 10, span = 2h, counts = 1 }", "toy { count = 1, span = never }");
    assertThat(problems)
        .extracting(Problem::message)
        .containsExactly(
            "no such setting; did you mean toy.count?",
            "must be a whole number from 1 to 9",
            "must be never, or a length of time with its unit, such as 30s or 2h,"
                + " above 0s and at most 1h");
    assertThat(root).isEqualTo(new Root(new Toy(1, Optional.empty())));

    problems.clear();
    bind("toy.count = 3", "toy { count = 1, span = never }");
    assertThat(problems).extracting(Problem::message).containsExactly("three is a crowd");
    assertThat(problems.get(0).culprits())
        .extracting(Problem.Culprit::where)
        .containsExactly("file:1", "default");
  }

  private Root bind(String file, String defaults) {
    Schema schema = new Schema(Root.class);
    Layers layers =
        Layers.of(
            new Layer(schema, Layer.Rank.DEFAULT, problems).addAll(parse(defaults)),
            new Layer(schema, Layer.Rank.FILE, problems).addAll(parse(file)));
    return new Binder(schema, layers, problems)
        .bind(Root.class, component -> Map.of().get(component));
  }

  private static com.typesafe.config.ConfigObject parse(String text) {
    return ConfigFactory.parseString(
            text, com.typesafe.config.ConfigParseOptions.defaults().setOriginDescription("file"))
        .root();
  }
}

package io.densespark.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigUtil;
import java.io.File;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SchemaTest {

  @Test
  void theDefaultsNameExactlyTheSettingsThereAre() {
    Config defaults = ConfigFactory.parseFile(new File("../conf/densenet-bc.conf"));
    TreeSet<String> named = new TreeSet<>();
    defaults
        .entrySet()
        .forEach(entry -> named.add(String.join(".", ConfigUtil.splitPath(entry.getKey()))));

    assertThat(named).isEqualTo(new TreeSet<>(Schema.settings().keySet()));
  }

  @Test
  void everySelectorIsASettingThatKnowsTheWords() {
    for (Setting setting : Schema.settings().values()) {
      setting
          .usage()
          .ifPresent(
              usage ->
                  assertThat(Schema.find(usage.selector()).orElseThrow().type())
                      .as(setting.key())
                      .isInstanceOfSatisfying(
                          SettingType.Choice.class,
                          choice -> assertThat(choice.words()).containsAll(usage.words())));
    }
  }
}

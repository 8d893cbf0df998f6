package io.densespark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;

/** Loads settings, and shows what is wrong with them. */
abstract class LoadedSettings {

  @TempDir Path directory;

  static RunConfig load(String... assignments) {
    return load(sources(assignments));
  }

  static RunConfig load(ConfigSources sources) {
    return new RunConfigLoader().load(sources);
  }

  static List<Problem> problems(String... assignments) {
    return problems(sources(assignments));
  }

  static List<Problem> problems(ConfigSources sources) {
    Optional<ConfigException> refused = Optional.empty();
    try {
      load(sources);
    } catch (ConfigException e) {
      refused = Optional.of(e);
    }
    assertThat(refused).as("refused").isPresent();
    return refused.get().problems();
  }

  static ConfigSources sources(String... assignments) {
    ConfigSources sources = new ConfigSources();
    List.of(assignments).forEach(sources::set);
    return sources;
  }

  static String text(List<Problem> problems) {
    return new ConfigException(problems).getMessage();
  }

  Path file(String... lines) {
    try {
      return Files.write(directory.resolve("settings.conf"), List.of(lines));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}

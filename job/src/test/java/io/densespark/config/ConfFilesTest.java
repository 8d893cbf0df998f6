package io.densespark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What each file in {@code conf/} comes to. A golden file changes only on purpose; the verb {@code
 * settings --json --config conf/NAME.conf} prints the new one.
 */
class ConfFilesTest {

  private static final Path CONF = Path.of("../conf");

  static Stream<String> names() throws IOException {
    try (Stream<Path> files = Files.list(CONF)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".conf"))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void fileComesToItsGoldenSettings(String name) throws IOException {
    assertThat(load(name).settings().toJson())
        .isEqualTo(golden(name.replaceFirst("\\.conf$", ".json")));
  }

  @Test
  void withoutAFileTheDefaultRunHolds() {
    assertThat(new RunConfigLoader().load(new ConfigSources()).settings().toJson())
        .isEqualTo(load("densenet-bc.conf").settings().toJson());
  }

  private static RunConfig load(String name) {
    return new RunConfigLoader().load(new ConfigSources().file(CONF.resolve(name)));
  }

  private static String golden(String name) throws IOException {
    return Files.readString(Path.of("src/test/resources/golden", name), StandardCharsets.UTF_8);
  }
}

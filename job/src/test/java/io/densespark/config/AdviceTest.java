package io.densespark.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.text.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What people are told to set is a setting. */
class AdviceTest {

  private static final Pattern TEXT = Pattern.compile("\"(?:[^\"\\\\\n]|\\\\.)*\"");

  private static final Path PACKAGES = Path.of("src/main/java/io/densespark");

  private static final Pattern NAME =
      Pattern.compile(
          Text.format(
              "(?<![\\w./$-])(?:%s)\\.[a-z][a-z0-9.-]*[a-z0-9](?![a-z0-9]*\\()",
              Schema.RUN.settings().keySet().stream()
                  .map(key -> key.substring(0, key.indexOf('.')))
                  .distinct()
                  .collect(Collectors.joining("|"))));

  @ParameterizedTest
  @ValueSource(strings = {"src/main/java", "../README.md", "../docs", "../scripts", "../conf"})
  void everyNameOfASettingExists(String place) throws IOException {
    Set<String> unknown = new TreeSet<>();
    try (Stream<Path> files = Files.walk(Path.of(place)).filter(Files::isRegularFile)) {
      for (Path file :
          files.filter(one -> !one.toString().matches(".*/target/.*|.*\\.(png|yaml)")).toList()) {
        String text = Files.readString(file);
        String told =
            file.toString().endsWith(".java")
                ? TEXT.matcher(text).results().map(one -> one.group()).collect(Collectors.joining())
                : text;
        NAME.matcher(told)
            .results()
            .map(one -> one.group())
            .filter(
                name ->
                    !name.matches(".*\\.(zip|json|md|example\\.org)")
                        && !Schema.RUN.isSection(name))
            .filter(name -> !Files.exists(PACKAGES.resolve(name.replace('.', '/'))))
            .filter(name -> Schema.RUN.find(name).isEmpty())
            .forEach(name -> unknown.add(file + ": " + name));
      }
    }
    assertThat(unknown).isEmpty();
  }
}

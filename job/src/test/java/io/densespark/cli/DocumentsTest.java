package io.densespark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.config.RunConfigLoader;
import io.densespark.job.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What README and docs show is there, and every verb takes what it is shown with. */
class DocumentsTest {

  private static final int MOST_COLUMNS = 120;
  private static final Pattern LINK = Pattern.compile("]\\(([^)\\s#]*)(#[^)\\s]*)?\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");
  private static final Pattern FENCED = Pattern.compile("(?ms)^ *```\\w*\n(.*?)^ *```");
  private static final Pattern SHOWN =
      Pattern.compile("(?m)^(?:\\w+=\\S+ )*scripts/(train|densespark|submit)\\b(.*)$");
  private static final Pattern WORD = Pattern.compile("(?:'[^']*'|\"[^\"]*\"|[^\\s'\"])+");
  private static final Pattern FILE = Pattern.compile("(?<![\\w/.])(?:conf|scripts)/[\\w./-]*\\w");

  static List<Path> documents() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("../docs"))) {
      return Stream.concat(
              Stream.of(Path.of("../README.md")),
              files.filter(file -> file.toString().endsWith(".md")).sorted())
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("documents")
  void everyLinkLeadsSomewhere(Path document) throws IOException {
    List<String> dead = new ArrayList<>();
    for (MatchResult link : found(LINK, Files.readString(document))) {
      String file = link.group(1);
      if (!file.contains(":")) {
        Path target = file.isEmpty() ? document : document.resolveSibling(file);
        String place = link.group(2);
        if (!Files.exists(target) || place != null && !anchors(target).contains(place)) {
          dead.add(link.group());
        }
      }
    }
    assertThat(dead).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("documents")
  void everyFileThatIsNamedIsThere(Path document) throws IOException {
    assertThat(found(FILE, Files.readString(document)))
        .extracting(MatchResult::group)
        .filteredOn(file -> !file.contains("/target/"))
        .allSatisfy(file -> assertThat(Path.of("..", file)).exists());
  }

  /** Tables and what is to be typed in excepted. */
  @ParameterizedTest
  @MethodSource("documents")
  void linesHaveALengthThatPeopleCanRead(Path document) throws IOException {
    assertThat(FENCED.matcher(Files.readString(document)).replaceAll("").lines())
        .filteredOn(line -> !line.startsWith("|"))
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(MOST_COLUMNS));
  }

  @ParameterizedTest
  @MethodSource("documents")
  void everyCommandIsTakenAsItIsShown(Path document) throws IOException {
    for (MatchResult fenced : found(FENCED, Files.readString(document))) {
      String lines = fenced.group(1).replaceAll("\\\\\n\\s*", " ").replaceAll("(?m)\\s\\s#.*", "");
      for (MatchResult shown : found(SHOWN, lines)) {
        List<String> words = new ArrayList<>();
        if (shown.group(1).equals("train")) {
          words.add("train");
        }
        // A result of scale is not there before it has run, and what stands before a verb is
        // spark-submit's.
        String options =
            shown
                .group(2)
                .replaceAll(" > .*| --scale-result \\S+", "")
                .replaceFirst(
                    "^(\\s*--supervise|\\s*--(conf|deploy-mode|driver-memory|jars|queue) \\S+)+",
                    "");
        found(WORD, options).stream()
            .map(word -> word.group().replaceAll("^(['\"])(.*)\\1$", "$2"))
            .map(word -> word.replaceFirst("^conf/", "../conf/").replaceFirst("^\\$\\(.*", "local"))
            .forEach(words::add);
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        PrintStream screen = new PrintStream(told, true, StandardCharsets.UTF_8);
        Session session =
            new Session(
                job -> ExitCode.SUCCESS,
                new RunConfigLoader(),
                Optional.empty(),
                new Screen(screen, false, MOST_COLUMNS, Style.BARE),
                screen,
                screen);
        assertThat(new Cli(session).run(words.toArray(String[]::new)))
            .as("%s: %s", shown.group(), told.toString(StandardCharsets.UTF_8))
            .isZero();
      }
    }
  }

  @Test
  void theMapOfTheCodeHasEveryPackage() throws IOException {
    Path root = Path.of("src/main/java/io/densespark");
    String map = Files.readString(Path.of("../docs/architecture.md"));
    try (Stream<Path> files = Files.walk(root)) {
      assertThat(files.filter(file -> file.endsWith("package-info.java")).map(Path::getParent))
          .filteredOn(folder -> !folder.equals(root))
          .allSatisfy(
              folder ->
                  assertThat(map)
                      .contains("`" + root.relativize(folder).toString().replace('/', '.') + "`"));
    }
  }

  private static List<String> anchors(Path document) throws IOException {
    return found(HEADING, Files.readString(document)).stream()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(title -> "#" + title.replaceAll("[^\\w\\- ]", "").strip().replace(' ', '-'))
        .toList();
  }

  private static List<MatchResult> found(Pattern pattern, String text) {
    return pattern.matcher(text).results().toList();
  }
}

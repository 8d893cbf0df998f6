package io.densespark.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException.Parse;
import com.typesafe.config.ConfigException.UnresolvedSubstitution;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import io.densespark.config.ConfigSources.Assignment;
import io.densespark.config.Layer.Given;
import io.densespark.config.Layer.Rank;
import io.densespark.settings.Declaration;
import io.densespark.settings.Secrets;
import io.densespark.text.Text;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The sources on top of each other: of every setting the strongest value, with its source. */
record Layers(
    Map<String, Given> defaults, Map<String, Given> settings, Map<String, Given> sparkConf) {

  /** Name of the defaults where people are shown the source of a value. */
  static final String DEFAULT = "default";

  /** HOCON takes time by the square of the number of keys. */
  private static final int LARGEST_FILE = 200_000;

  private static final String DEFAULTS = "densenet-bc.conf";

  /** Reads and merges; whatever is no setting ends up among the problems. */
  static Layers of(Schema schema, ConfigSources sources, List<Problem> problems) {
    ConfigObject defaults = readDefaults(DEFAULTS);
    Layer weakest = new Layer(schema, Rank.DEFAULT, problems).addAll(defaults);
    Layer strongest = flags(schema, sources.assignments(), problems);
    Layer middle = new Layer(schema, Rank.FILE, problems);
    sources
        .file()
        .map(file -> file(file, asConfig(strongest), defaults, problems))
        // A grid's own settings are no settings of its runs: the verb scale reads them.
        .ifPresent(root -> middle.addAll(root.withoutKey(Schema.SCALE)));

    return of(weakest, middle, strongest);
  }

  /** A section of the settings file; empty where the file does not hold it. */
  static ConfigObject section(String name, ConfigSources sources, List<Problem> problems) {
    ConfigObject root =
        sources
            .file()
            .map(file -> file(file, ConfigFactory.empty(), readDefaults(DEFAULTS), problems))
            .orElse(ConfigFactory.empty().root());
    return root.get(name) instanceof ConfigObject section ? section : ConfigFactory.empty().root();
  }

  /** Lays them on top of each other, the weakest first. */
  static Layers of(Layer... layers) {
    Map<String, Given> settings = new LinkedHashMap<>();
    Map<String, Given> sparkConf = new TreeMap<>();
    for (Layer layer : layers) {
      settings.putAll(layer.settings());
      sparkConf.putAll(layer.sparkConf());
    }
    return new Layers(layers[0].settings(), settings, sparkConf);
  }

  /** The strongest value of a setting. */
  Given given(String key) {
    return settings.get(key);
  }

  /** The same without any source but the defaults. */
  Layers ofDefaults() {
    return new Layers(defaults, defaults, Map.of());
  }

  /** Whether a setting's value is its default, wherever it stands. */
  boolean isDefault(Declaration declared) {
    Object byDefault = defaults.get(declared.key()).value().unwrapped();
    Object now = given(declared.key()).value().unwrapped();
    return declared.type().read(byDefault).equals(declared.type().read(now));
  }

  static ConfigObject readDefaults(String resource) {
    try (Reader reader =
        new InputStreamReader(Layers.class.getResourceAsStream(resource), StandardCharsets.UTF_8)) {
      // One description for all of them: the line in a file inside a jar helps nobody.
      return ConfigFactory.parseReader(reader).resolve().root();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the defaults inside the jar", e);
    }
  }

  private static ConfigObject file(
      Path file, Config flags, ConfigObject defaults, List<Problem> problems) {
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      problems.add(Problem.general("cannot read the settings file " + file + ": " + reason(file)));
      return ConfigFactory.empty().root();
    }
    try {
      if (Files.size(file) > LARGEST_FILE) {
        problems.add(
            Problem.general(
                "the settings file "
                    + file
                    + " is too large: settings take at most "
                    + LARGEST_FILE
                    + " bytes, it has "
                    + Files.size(file)));
        return ConfigFactory.empty().root();
      }
      Config parsed =
          ConfigFactory.parseFile(
              file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false));
      // A reference such as ${train.epochs} sees what the run will use, flags included.
      return parsed.resolveWith(flags.withFallback(parsed).withFallback(defaults)).root();
    } catch (IOException e) {
      problems.add(Problem.general("cannot read the settings file " + file + ": " + e));
    } catch (StackOverflowError e) {
      problems.add(
          Problem.general(
              "the settings file "
                  + file
                  + " is nested too deeply: settings stand at most four deep"));
    } catch (UnresolvedSubstitution e) {
      problems.add(Problem.general("a reference leads nowhere: " + e.getMessage()));
    } catch (com.typesafe.config.ConfigException e) {
      String what = e instanceof Parse ? "not HOCON: " : "cannot be read: ";
      // Tokens of HOCON are no secrets.
      String message = e.getMessage().replace("token: ", "token ");
      problems.add(Problem.general(what + Secrets.redact(message)));
    }
    return ConfigFactory.empty().root();
  }

  private static String reason(Path file) {
    if (Files.isDirectory(file)) {
      return "it is a directory";
    }
    return Files.exists(file)
        ? "permission denied"
        : "there is no such file (seen from " + Path.of("").toAbsolutePath() + ")";
  }

  static Layer flags(Schema schema, List<Assignment> assignments, List<Problem> problems) {
    Layer layer = new Layer(schema, Rank.FLAG, problems);
    for (Assignment assignment : assignments) {
      if (assignment.value().isEmpty()) {
        problems.add(
            Problem.general(
                Text.format(
                    "%s %s has no value: write %1$s %2$s=VALUE",
                    assignment.where(), assignment.key())));
        continue;
      }
      boolean isList =
          schema.find(assignment.key()).map(declared -> declared.type().isList()).orElse(false);
      ConfigValue value = value(isList, assignment.value().get(), assignment.where());
      layer.add(assignment.key(), value, assignment.where());
    }
    return layer;
  }

  private static ConfigValue value(boolean isList, String text, String where) {
    if (!isList || !text.matches("\\[.*]|.*\\d.*")) {
      return ConfigValueFactory.fromAnyRef(text, where);
    }
    String elements = text.replaceAll("^\\[|]$", "").strip();
    List<String> list =
        elements.isEmpty()
            ? List.of()
            : Arrays.stream(elements.split(",")).map(String::strip).toList();
    return ConfigValueFactory.fromAnyRef(list, where);
  }

  private static Config asConfig(Layer layer) {
    Config config = ConfigFactory.empty();
    for (Map.Entry<String, Given> entry : layer.settings().entrySet()) {
      config = config.withValue(entry.getKey(), entry.getValue().value());
    }
    for (Map.Entry<String, Given> entry : layer.sparkConf().entrySet()) {
      String path = ConfigUtil.joinPath("spark", "conf", entry.getKey());
      config = config.withValue(path, entry.getValue().value());
    }
    return config;
  }
}

package io.densespark.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.densespark.config.Problem.Culprit;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The settings of one source by their keys, and its entries for Spark by their names. Reading one
 * collects what is no setting at all; types and ranges are looked at once the layers are merged.
 */
final class Layer {

  /** Sources from the weakest to the strongest. */
  enum Rank {
    DEFAULT,
    FILE,
    FLAG
  }

  /** A value with its source. */
  record Given(ConfigValue value, Rank rank, String where) {

    /** The value as it was written, to be shown. */
    String text() {
      return switch (value.valueType()) {
        case OBJECT -> "{...}";
        case LIST -> value.render(ConfigRenderOptions.concise());
        case STRING, NUMBER, BOOLEAN, NULL -> String.valueOf(value.unwrapped());
      };
    }

    /** The same as part of a problem. */
    Culprit culprit(String key) {
      return new Culprit(key, text(), where);
    }

    /** What is wrong with it alone. */
    Problem problem(String key, String message) {
      return new Problem(List.of(culprit(key)), message);
    }
  }

  /** Beyond so many problems nobody reads what might have been meant. */
  private static final int SUGGESTIONS = 100;

  private final Schema schema;
  private final Rank rank;
  private final List<Problem> problems;
  private final Map<String, Given> settings = new LinkedHashMap<>();
  private final Map<String, Given> sparkConf = new LinkedHashMap<>();

  Layer(Schema schema, Rank rank, List<Problem> problems) {
    this.schema = schema;
    this.rank = rank;
    this.problems = problems;
  }

  Map<String, Given> settings() {
    return settings;
  }

  Map<String, Given> sparkConf() {
    return sparkConf;
  }

  /** Takes in a whole document. */
  Layer addAll(ConfigObject root) {
    addBelow("", root);
    return this;
  }

  private void addBelow(String prefix, ConfigObject section) {
    section.entrySet().stream()
        .sorted(Comparator.comparingInt(entry -> entry.getValue().origin().lineNumber()))
        .forEach(entry -> add(prefix + entry.getKey(), entry.getValue(), where(entry.getValue())));
  }

  /** Takes in one value under its dotted key. */
  void add(String key, ConfigValue value, String where) {
    if (key.equals("engine") && value.valueType() != ConfigValueType.OBJECT) {
      add("engine.name", value, where);
      return;
    }
    if (key.startsWith(Schema.SPARK_CONF + ".")) {
      addSparkEntry(key, key.substring(Schema.SPARK_CONF.length() + 1), value, where);
      return;
    }
    Given given = new Given(value, rank, where);
    if (schema.find(key).isPresent()) {
      settings.put(key, given);
    } else if (schema.isSection(key)) {
      if (value instanceof ConfigObject section) {
        addBelow(key + ".", section);
      } else {
        problems.add(given.problem(key, notASetting(key)));
      }
    } else {
      problems.add(given.problem(key, unknown(key)));
    }
  }

  private void addSparkEntry(String key, String quoted, ConfigValue value, String where) {
    String name = quoted.replaceAll("^\"|\"$", "");
    Given given = new Given(value, rank, where);
    // Nested names would let spark.speculation.quantile silently replace spark.speculation.
    if (value.valueType() == ConfigValueType.OBJECT || value.valueType() == ConfigValueType.LIST) {
      problems.add(
          given.problem(
              key,
              "an entry for Spark is one quoted name and a plain value: "
                  + "spark.conf.\"spark.executor.memory\" = \"2g\""));
    } else if (!name.startsWith("spark.")) {
      problems.add(given.problem(key, "names of entries for Spark begin with spark."));
    } else if (name.equals("spark.master")) {
      problems.add(given.problem(key, "set run.master, or --master, instead"));
    } else {
      sparkConf.put(name, given);
    }
  }

  private String notASetting(String section) {
    String first =
        schema.settings().keySet().stream()
            .filter(key -> key.startsWith(section + "."))
            .findFirst()
            .orElse("spark.conf.\"spark.executor.memory\"");
    return section + " is a section, not a setting; it holds settings such as " + first;
  }

  private String unknown(String key) {
    Collection<String> candidates =
        problems.size() < SUGGESTIONS ? schema.settings().keySet() : List.of();
    return NearestKey.among(candidates, key)
        .map(near -> "no such setting; did you mean " + near + "?")
        .orElse("no such setting; the verb \"settings\" lists all there are");
  }

  private String where(ConfigValue value) {
    if (rank == Rank.DEFAULT) {
      return Layers.DEFAULT;
    }
    ConfigOrigin origin = value.origin();
    return origin.description().replaceFirst(": (\\d+(-\\d+)?)$", ":$1");
  }
}

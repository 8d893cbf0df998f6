package io.densespark.config;

import com.typesafe.config.ConfigValueType;
import io.densespark.config.Combinations.Rule;
import io.densespark.config.Layer.Given;
import io.densespark.config.Layer.Rank;
import io.densespark.config.Problem.Culprit;
import io.densespark.config.ResolvedSettings.Entry;
import io.densespark.config.Setting.Usage;
import io.densespark.model.DenseNetSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Makes a {@link RunConfig} of its sources, or says everything that is wrong with them. */
public final class RunConfigLoader {

  /**
   * Reads, merges and checks.
   *
   * @throws ConfigException naming every unknown key, wrong type, value out of range and impossible
   *     combination, each with its source
   */
  public RunConfig load(ConfigSources sources) {
    List<Problem> problems = new ArrayList<>();
    Layers layers = Layers.of(sources, problems);
    Map<String, Object> read = read(layers, problems);
    Values values = new Values(read);
    refuseUnused(layers, values, problems);
    refuseCombinations(layers, values, problems);
    Optional<DenseNetSpec> model = ModelSettings.read(layers, values, problems);
    Map<String, String> sparkConf = sparkConf(layers, problems);
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    read.putAll(ModelSettings.of(model.orElseThrow()));
    ResolvedSettings settings = resolved(layers, read, sparkConf);
    return Assembly.of(values, model.get(), sparkConf, sources.fresh(), settings);
  }

  private static Map<String, Object> read(Layers layers, List<Problem> problems) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Setting setting : Schema.settings().values()) {
      Given given = layers.settings().get(setting.key());
      Optional<Object> value = setting.type().read(given.value());
      if (value.isPresent()) {
        values.put(setting.key(), value.get());
      } else {
        String message = "must be " + setting.type().allowed();
        problems.add(new Problem(List.of(given.culprit(setting.key())), message));
      }
    }
    return values;
  }

  /**
   * Refuses what was asked for and would change nothing. A value that an earlier source left behind
   * is none of this source's business, and a file may spell out defaults.
   */
  private static void refuseUnused(Layers layers, Values values, List<Problem> problems) {
    for (Setting setting : Schema.settings().values()) {
      Given given = layers.settings().get(setting.key());
      if (given.rank() == Rank.DEFAULT || !values.has(setting.key()) || values.isUsed(setting)) {
        continue;
      }
      Usage usage = setting.usage().orElseThrow();
      Given selector = layers.settings().get(usage.selector());
      boolean overruled = selector.rank().compareTo(given.rank()) > 0;
      boolean spelledOut = given.rank() == Rank.FILE && layers.isDefault(setting);
      if (values.has(usage.selector()) && !overruled && !spelledOut) {
        String message =
            "has no effect: it counts only when %s is %s"
                .formatted(usage.selector(), String.join(" or ", usage.words()));
        problems.add(
            new Problem(
                List.of(given.culprit(setting.key()), selector.culprit(usage.selector())),
                message));
      }
    }
  }

  private static void refuseCombinations(Layers layers, Values values, List<Problem> problems) {
    for (Rule rule : Combinations.rules()) {
      if (rule.keys().stream().allMatch(values::has)) {
        rule.verdict()
            .apply(values)
            .ifPresent(message -> problems.add(new Problem(culprits(layers, rule), message)));
      }
    }
  }

  private static List<Culprit> culprits(Layers layers, Rule rule) {
    return rule.keys().stream().map(key -> layers.settings().get(key).culprit(key)).toList();
  }

  private static Map<String, String> sparkConf(Layers layers, List<Problem> problems) {
    Map<String, String> conf = new TreeMap<>();
    layers
        .sparkConf()
        .forEach(
            (name, given) -> {
              if (given.value().valueType() == ConfigValueType.NULL) {
                String key = Schema.SPARK_CONF + ".\"" + name + "\"";
                problems.add(
                    new Problem(
                        List.of(given.culprit(key)), "must be a text, a number, true or false"));
              } else {
                conf.put(name, given.value().unwrapped().toString());
              }
            });
    return conf;
  }

  private static ResolvedSettings resolved(
      Layers layers, Map<String, Object> read, Map<String, String> sparkConf) {
    Values values = new Values(read);
    List<Entry> entries = new ArrayList<>();
    for (Setting setting : Schema.settings().values()) {
      Given given = layers.settings().get(setting.key());
      entries.add(
          new Entry(
              setting.key(),
              CanonicalText.of(read.get(setting.key())),
              given.where(),
              layers.isDefault(setting),
              values.isUsed(setting),
              setting.type().allowed(),
              setting.doc()));
    }
    Map<String, String> open = new TreeMap<>(sparkConf);
    open.keySet().removeIf(Secrets::isSecret);
    sparkConf.forEach(
        (name, value) ->
            entries.add(
                new Entry(
                    Schema.SPARK_CONF + "." + name,
                    open.getOrDefault(name, Secrets.HIDDEN),
                    layers.sparkConf().get(name).where(),
                    false,
                    true,
                    "any text",
                    "passed to Spark")));
    return new ResolvedSettings(read, open, entries);
  }
}

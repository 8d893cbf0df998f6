package io.densespark.config;

import com.typesafe.config.ConfigValueType;
import io.densespark.config.Layer.Given;
import io.densespark.config.ResolvedSettings.Entry;
import io.densespark.settings.CanonicalText;
import io.densespark.settings.Declaration;
import io.densespark.settings.Secrets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    Layers layers = Layers.of(Schema.RUN, sources, problems);
    Map<String, String> sparkConf = sparkConf(layers, problems);
    Binder binder = new Binder(Schema.RUN, layers, problems);
    RunConfig config =
        binder.bind(
            RunConfig.class,
            component ->
                switch (component) {
                  case "fresh" -> sources.fresh();
                  case "sparkConf" -> sparkConf;
                  case "settings" -> resolved(layers, binder, sparkConf);
                  default -> throw new IllegalStateException("nobody sets " + component);
                });
    binder.refuseUnused();
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    return config;
  }

  private static Map<String, String> sparkConf(Layers layers, List<Problem> problems) {
    Map<String, String> conf = new TreeMap<>();
    layers
        .sparkConf()
        .forEach(
            (name, given) -> {
              if (given.value().valueType() == ConfigValueType.NULL) {
                String key = Schema.SPARK_CONF + ".\"" + name + "\"";
                problems.add(given.problem(key, "must be a text, a number, true or false"));
              } else {
                conf.put(name, given.value().unwrapped().toString());
              }
            });
    return conf;
  }

  private static ResolvedSettings resolved(
      Layers layers, Binder binder, Map<String, String> sparkConf) {
    List<Entry> entries = new ArrayList<>();
    for (Declaration declared : Schema.RUN.settings().values()) {
      Given given = layers.given(declared.key());
      entries.add(
          new Entry(
              declared.key(),
              CanonicalText.of(binder.values().get(declared.key())),
              given.where(),
              layers.isDefault(declared),
              binder.isUsed(declared),
              declared.type().allowed(),
              declared.meaning()));
    }
    // A text that is only in part a secret is of no use without it.
    Map<String, String> open = new TreeMap<>(sparkConf);
    open.entrySet()
        .removeIf(one -> !Secrets.shown(one.getKey(), one.getValue()).equals(one.getValue()));
    sparkConf.forEach(
        (name, value) ->
            entries.add(
                new Entry(
                    Schema.SPARK_CONF + "." + name,
                    Secrets.shown(name, value),
                    layers.sparkConf().get(name).where(),
                    false,
                    true,
                    "any text",
                    "passed to Spark")));
    return new ResolvedSettings(binder.values(), open, entries);
  }
}

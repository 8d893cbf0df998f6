package io.densespark.config;

import io.densespark.model.DenseNetPresets;
import io.densespark.settings.Declaration;
import io.densespark.settings.SettingType.Choice;
import io.densespark.settings.SettingType.OrPreset;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Every setting that a record and the sections below it declare, in their order. Beside these,
 * entries for Spark stand under {@link #SPARK_CONF}.
 */
final class Schema {

  /** Each name below this key is one quoted word and goes to Spark as it is. */
  static final String SPARK_CONF = "spark.conf";

  /** Names the preset of the model, whose own numbers hold where nothing else is set. */
  static final String MODEL_NAME = "model.name";

  /** The section of a grid of runs, which only the verb scale reads. */
  static final String SCALE = "scale";

  /** The settings of a run. */
  static final Schema RUN = new Schema(RunConfig.class);

  private final Map<String, Declaration> settings;
  private final Set<String> sections = new HashSet<>(Set.of("spark", SPARK_CONF));

  Schema(Class<? extends Record> root) {
    settings = new LinkedHashMap<>(Declaration.all(root));
    settings.computeIfPresent(
        MODEL_NAME,
        (key, declared) -> declared.as(new Choice(List.copyOf(DenseNetPresets.names()))));
    settings.replaceAll((key, declared) -> isOfPreset(key) ? orPreset(declared) : declared);
    for (String key : settings.keySet()) {
      for (int dot = key.indexOf('.'); dot > 0; dot = key.indexOf('.', dot + 1)) {
        sections.add(key.substring(0, dot));
      }
    }
  }

  private static boolean isOfPreset(String key) {
    return key.startsWith("model.") && !key.equals(MODEL_NAME);
  }

  private static Declaration orPreset(Declaration declared) {
    return declared.as(new OrPreset(declared.type()));
  }

  /** Every setting by its key, in order. */
  Map<String, Declaration> settings() {
    return Collections.unmodifiableMap(settings);
  }

  /** The setting of a key; empty: there is none. */
  Optional<Declaration> find(String key) {
    return Optional.ofNullable(settings.get(key));
  }

  /** Whether settings stand below a key. */
  boolean isSection(String key) {
    return sections.contains(key);
  }
}

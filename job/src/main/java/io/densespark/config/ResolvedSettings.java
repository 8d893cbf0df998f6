package io.densespark.config;

import com.typesafe.config.ConfigException.Parse;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import io.densespark.settings.CanonicalText;
import io.densespark.settings.Declaration;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * All settings of a run in one canonical form, whatever way they were written: for {@code
 * config.json}, for a hash, and to compare two runs. A written document is itself a settings file:
 * read as one, it gives the same settings again. Secrets among the entries for Spark are left out.
 */
public final class ResolvedSettings {

  /**
   * One setting.
   *
   * @param key dotted name; entries for Spark stand under {@code spark.conf.}
   * @param value its value as people read it; hidden where it is a secret
   * @param where file and line, flag, or {@code default}
   * @param isDefault whether it was left at its default
   * @param used whether it counts, other settings being what they are
   * @param allowed what it may hold
   * @param doc its meaning in one line
   */
  public record Entry(
      String key,
      String value,
      String where,
      boolean isDefault,
      boolean used,
      String allowed,
      String doc) {}

  /**
   * A setting in which two runs differ.
   *
   * @param key dotted name
   * @param before the earlier value; {@code (none)} where there was no such setting
   * @param now the value now
   * @param altersResult whether the result of the run may depend on it
   */
  public record Difference(String key, String before, String now, boolean altersResult) {
    @Override
    public String toString() {
      return Text.format("%s was %s, is now %s", key, before, now);
    }
  }

  private static final String MISSING = "(none)";

  private final Map<String, Object> values;
  private final Map<String, String> sparkConf;
  private final List<Entry> entries;

  /**
   * @param values every setting of the schema, by key
   * @param sparkConf entries for Spark without secrets
   * @param entries what people are shown
   */
  ResolvedSettings(Map<String, Object> values, Map<String, String> sparkConf, List<Entry> entries) {
    this.values = new LinkedHashMap<>(values);
    this.sparkConf = new TreeMap<>(sparkConf);
    this.entries = List.copyOf(entries);
  }

  /** Every setting in the order of the documentation, then the entries for Spark. */
  public List<Entry> entries() {
    return entries;
  }

  /** The settings as nested JSON, keys sorted, complete. */
  public String toJson() {
    Map<List<String>, Object> paths = new LinkedHashMap<>();
    values.forEach((key, value) -> paths.put(List.of(key.split("\\.")), value));
    sparkConf.forEach((name, value) -> paths.put(List.of("spark", "conf", name), value));
    return SettingsJson.document(paths);
  }

  /**
   * SHA-256, as 64 hexadecimal digits, over the settings in use on which the result may depend.
   * Runs of equal hash, data, code and world size aim at the same result.
   */
  public String resultHash() {
    Map<String, String> all = texts();
    TreeMap<String, String> decisive = new TreeMap<>(all);
    decisive.keySet().removeIf(key -> !altersResult(key) || !counts(key, all));
    StringBuilder lines = new StringBuilder();
    decisive.forEach((key, text) -> lines.append(key).append('=').append(text).append('\n'));
    return DigestUtils.sha256Hex(lines.toString());
  }

  /**
   * Differences from an earlier run, ordered by key. Settings that count in neither run are left
   * out, and so is where and under which name the runs stand.
   *
   * @param earlierJson what {@link #toJson} gave for the earlier run, perhaps by another version
   * @throws IllegalArgumentException when that is not JSON
   */
  public List<Difference> differencesFrom(String earlierJson) {
    Map<String, String> earlier = flattened(earlierJson);
    Map<String, String> current = texts();
    TreeSet<String> keys = new TreeSet<>(earlier.keySet());
    keys.addAll(current.keySet());
    List<Difference> differences = new ArrayList<>();
    for (String key : keys) {
      String before = earlier.getOrDefault(key, MISSING);
      String now = current.getOrDefault(key, MISSING);
      if (!before.equals(now) && (counts(key, earlier) || counts(key, current)) && !isPlace(key)) {
        differences.add(new Difference(key, before, now, altersResult(key)));
      }
    }
    differences.sort(Comparator.comparing(Difference::key));
    return differences;
  }

  /**
   * The settings of an earlier run that count, by dotted name: Spark's without, and in the order of
   * the documentation; those that this version does not know come last.
   *
   * @param json what {@link #toJson} gave for that run, perhaps by another version
   * @throws IllegalArgumentException when that is not JSON
   */
  public static Map<String, String> inUse(String json) {
    Map<String, String> found = new TreeMap<>(flattened(json));
    found.keySet().removeIf(key -> key.startsWith(Schema.SPARK_CONF + "."));
    Map<String, String> ordered = new LinkedHashMap<>();
    Schema.RUN.settings().keySet().stream()
        .filter(found::containsKey)
        .filter(key -> counts(key, found))
        .forEach(key -> ordered.put(key, found.get(key)));
    found.keySet().stream()
        .filter(key -> Schema.RUN.find(key).isEmpty())
        .forEach(key -> ordered.put(key, found.get(key)));
    return ordered;
  }

  private Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    values.forEach((key, value) -> texts.put(key, CanonicalText.of(value)));
    sparkConf.forEach((name, value) -> texts.put(Schema.SPARK_CONF + "." + name, value));
    return texts;
  }

  private static boolean counts(String key, Map<String, String> texts) {
    return Schema.RUN
        .find(key)
        .flatMap(Declaration::usage)
        .map(usage -> usage.words().contains(texts.get(usage.key())))
        .orElse(true);
  }

  private static boolean isPlace(String key) {
    return key.startsWith("run.");
  }

  /** Settings that this version does not know may have altered the result of another version. */
  private static boolean altersResult(String key) {
    return !key.startsWith(Schema.SPARK_CONF + ".")
        && Schema.RUN.find(key).map(Declaration::altersResult).orElse(true);
  }

  private static Map<String, String> flattened(String json) {
    try {
      ConfigObject root =
          ConfigFactory.parseString(
                  json, ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON))
              .root();
      Map<String, String> texts = new LinkedHashMap<>();
      flatten("", root, texts);
      return texts;
    } catch (Parse | StackOverflowError e) {
      throw new IllegalArgumentException("settings of the earlier run: " + e.getMessage(), e);
    }
  }

  private static void flatten(String prefix, ConfigObject object, Map<String, String> texts) {
    for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
      String key = prefix + entry.getKey();
      if (entry.getValue() instanceof ConfigObject child) {
        flatten(key + ".", child, texts);
      } else {
        Object value = entry.getValue().unwrapped();
        texts.put(key, value == null ? MISSING : CanonicalText.of(value));
      }
    }
  }
}

package io.densespark.config;

import io.densespark.config.Layer.Given;
import io.densespark.config.Layer.Rank;
import io.densespark.config.Problem.Culprit;
import io.densespark.model.DenseNetPresets;
import io.densespark.model.DenseNetSpec;
import io.densespark.settings.CanonicalText;
import io.densespark.settings.Declaration;
import io.densespark.settings.Declaration.Usage;
import io.densespark.settings.SettingType.Choice;
import io.densespark.settings.SettingType.OrPreset;
import io.densespark.settings.SettingsException;
import io.densespark.settings.SettingsException.Refusal;
import io.densespark.text.Text;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Makes records of what the layers hold, by the declarations on their components. What cannot be
 * used is told and goes on as its default, so that everything wrong is found at once; a rule is not
 * told where a setting that it is about is wrong already.
 */
final class Binder {

  private final Schema schema;
  private final Layers layers;
  private final List<Problem> problems;

  /** By key, as they would be written, the preset's own numbers filled in. */
  private final Map<String, Object> values = new LinkedHashMap<>();

  private final Set<String> wrong = new HashSet<>();

  Binder(Schema schema, Layers layers, List<Problem> problems) {
    this.schema = schema;
    this.layers = layers;
    this.problems = problems;
  }

  /**
   * Makes the record of all settings.
   *
   * @param others what components that are neither settings nor sections hold, by their names;
   *     asked for when all settings are known
   */
  <R extends Record> R bind(Class<R> root, Function<String, Object> others) {
    return bind(root, others, Optional.empty());
  }

  /** Every setting by its key, as it would be written. */
  Map<String, Object> values() {
    return values;
  }

  /** Whether a setting counts, given the one that it depends on. */
  boolean isUsed(Declaration declared) {
    return declared
        .usage()
        .map(usage -> usage.words().contains(CanonicalText.of(values.get(usage.key()))))
        .orElse(true);
  }

  private <R extends Record> R bind(
      Class<R> type, Function<String, Object> others, Optional<Record> outerPreset) {
    Optional<Record> preset = type == DenseNetSpec.class ? preset() : outerPreset;
    RecordComponent[] components = type.getRecordComponents();
    Object[] made = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      RecordComponent component = components[i];
      Optional<Object> ofPreset = preset.map(one -> Declaration.value(component, one));
      Optional<Declaration> declared = Declaration.of(component);
      Optional<Class<? extends Record>> section = Declaration.section(component);
      if (declared.isPresent()) {
        made[i] = value(schema.find(declared.get().key()).orElseThrow(), ofPreset);
      } else if (section.isPresent()) {
        made[i] = bind(section.get(), others, ofPreset.map(Record.class::cast));
      } else {
        made[i] = others.apply(component.getName());
      }
    }
    try {
      return made(type, made);
    } catch (SettingsException e) {
      e.refusals().forEach(this::refuse);
      wrong.addAll(Declaration.all(type).keySet());
      return new Binder(schema, layers.ofDefaults(), new ArrayList<>())
          .bind(type, others, outerPreset);
    }
  }

  private Object value(Declaration declared, Optional<Object> ofPreset) {
    Given given = layers.given(declared.key());
    Optional<Object> read = declared.type().read(given.value().unwrapped());
    if (read.isEmpty()) {
      String message = "must be " + declared.type().allowed() + meant(declared, given);
      refuse(new Refusal(message, Map.of(declared.key(), "")));
      wrong.add(declared.key());
      read = declared.type().read(layers.ofDefaults().given(declared.key()).value().unwrapped());
    }
    Object value = read.filter(one -> !one.equals(OrPreset.WORD)).or(() -> ofPreset).orElseThrow();
    values.put(declared.key(), declared.type().written(value));
    return value;
  }

  private static String meant(Declaration declared, Given given) {
    return declared.type() instanceof Choice choice
        ? NearestKey.among(choice.words(), given.text())
            .map(near -> "; did you mean " + near + "?")
            .orElse("")
        : "";
  }

  /** The preset that the settings name, or where there is none of that name the default one. */
  private Optional<Record> preset() {
    String name = layers.given(Schema.MODEL_NAME).text();
    boolean known = DenseNetPresets.names().contains(name);
    return Optional.of(DenseNetPresets.named(known ? name : DenseNetPresets.DEFAULT));
  }

  private void refuse(Refusal refusal) {
    if (refusal.met().keySet().stream().noneMatch(wrong::contains)) {
      problems.add(new Problem(culprits(refusal.met().keySet()), refusal.message()));
    }
  }

  /**
   * Refuses what was asked for and would change nothing. A value that an earlier source left behind
   * is none of this source's business, and a file may spell out defaults.
   */
  void refuseUnused() {
    for (Declaration declared : schema.settings().values()) {
      Given given = layers.given(declared.key());
      if (given.rank() == Rank.DEFAULT || wrong.contains(declared.key()) || isUsed(declared)) {
        continue;
      }
      Usage usage = declared.usage().orElseThrow();
      boolean overruled = layers.given(usage.key()).rank().compareTo(given.rank()) > 0;
      boolean spelledOut = given.rank() == Rank.FILE && layers.isDefault(declared);
      boolean asksForNothing = declared.off().equals(CanonicalText.of(values.get(declared.key())));
      if (!wrong.contains(usage.key()) && !overruled && !spelledOut && !asksForNothing) {
        String message =
            Text.format(
                "has no effect: it counts only when %s is %s",
                usage.key(), String.join(" or ", usage.words()));
        problems.add(new Problem(culprits(List.of(declared.key(), usage.key())), message));
      }
    }
  }

  private List<Culprit> culprits(Iterable<String> keys) {
    List<Culprit> culprits = new ArrayList<>();
    keys.forEach(key -> culprits.add(layers.given(key).culprit(key)));
    return culprits;
  }

  private static <R extends Record> R made(Class<R> type, Object[] values) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<R> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof SettingsException refused) {
        throw refused;
      }
      throw new IllegalStateException("cannot make a " + type.getSimpleName(), e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot make a " + type.getSimpleName(), e);
    }
  }
}

package io.densespark.settings;

import io.densespark.settings.SettingsException.Refusal;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The check of a record of settings while it is built: each value against the declaration on its
 * component, then the rules on several of them that the record itself knows.
 *
 * <pre>{@code
 * public EngineConfig {
 *   Check.values(EngineConfig.class, name, precision)
 *       .refuse(name == ND4J && precision == BF16, "use fp32 or ...", "engine.name", "engine.precision")
 *       .orThrow();
 * }
 * }</pre>
 */
public final class Check {

  private final Class<? extends Record> type;
  private final Object[] values;
  private final List<Refusal> refusals = new ArrayList<>();

  private Check(Class<? extends Record> type, Object... values) {
    this.type = type;
    this.values = values;
  }

  /**
   * Checks each value against its component's declaration; no section may be null.
   *
   * @param values of all components of the record, in their order
   * @throws SettingsException naming every value that is not allowed, and what is
   */
  public static Check values(Class<? extends Record> type, Object... values) {
    Check check = new Check(type, values);
    RecordComponent[] components = type.getRecordComponents();
    for (int i = 0; i < components.length; i++) {
      Object value = values[i];
      Declaration.of(components[i])
          .filter(declared -> value == null || declared.type().read(value).isEmpty())
          .ifPresent(
              declared ->
                  check.add(
                      "must be " + declared.type().allowed(),
                      declared.key(),
                      value == null ? null : declared.type().written(value)));
      if (value == null && Declaration.section(components[i]).isPresent()) {
        check.add("must not be null", components[i].getName(), "null");
      }
    }
    check.orThrow();
    return check;
  }

  private void add(String message, String key, Object value) {
    refusals.add(new Refusal(message, Map.of(key, CanonicalText.of(value))));
  }

  /**
   * Adds a rule on several settings.
   *
   * @param broken whether it is broken
   * @param message what is wrong, what is allowed, and what to do
   * @param keys of the settings it is about, of this record or of its sections
   */
  public Check refuse(boolean broken, String message, String... keys) {
    if (broken) {
      Map<String, Object> all = Declaration.values(type, values);
      Map<String, String> met = new LinkedHashMap<>();
      List.of(keys).forEach(key -> met.put(key, CanonicalText.of(all.get(key))));
      refusals.add(new Refusal(message, met));
    }
    return this;
  }

  /**
   * Ends the check.
   *
   * @throws SettingsException with every rule that is broken
   */
  public void orThrow() {
    if (!refusals.isEmpty()) {
      throw new SettingsException(refusals);
    }
  }
}

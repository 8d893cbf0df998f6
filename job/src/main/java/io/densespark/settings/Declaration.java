package io.densespark.settings;

import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One setting, as its record component declares it.
 *
 * @param key dotted name
 * @param type what it may hold
 * @param meaning in one line, its unit included
 * @param altersResult whether another value may lead to other parameters at the end of a run
 * @param usage when it counts at all; empty: always
 * @param off a value that asks for nothing; empty: none does
 */
public record Declaration(
    String key,
    SettingType type,
    String meaning,
    boolean altersResult,
    Optional<Usage> usage,
    String off) {

  /**
   * The setting counts only while another one holds one of some words.
   *
   * @param key of the other setting
   * @param words the values of the other setting under which this one counts
   */
  public record Usage(String key, List<String> words) {
    static Optional<Usage> parse(String text) {
      String[] sides = text.split(" = ");
      return sides.length == 1
          ? Optional.empty()
          : Optional.of(new Usage(sides[0], List.of(sides[1].split(", "))));
    }
  }

  /** The same setting, read as another type. */
  public Declaration as(SettingType other) {
    return new Declaration(key, other, meaning, altersResult, usage, off);
  }

  /** What is declared on a component; empty: it is no setting, but perhaps a section. */
  public static Optional<Declaration> of(RecordComponent component) {
    Setting setting = component.getAnnotation(Setting.class);
    if (setting == null) {
      return Optional.empty();
    }
    Section section = component.getDeclaringRecord().getAnnotation(Section.class);
    String name =
        setting.name().isEmpty()
            ? component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT)
            : setting.name();
    return Optional.of(
        new Declaration(
            section.value() + "." + name,
            SettingType.of(component.getGenericType(), setting),
            setting.value() + (setting.unit().isEmpty() ? "" : " (" + setting.unit() + ")"),
            section.altersResult() && setting.altersResult(),
            Usage.parse(setting.usedWhen()),
            setting.off()));
  }

  /** The record type of a component that is a section of its own. */
  @SuppressWarnings("unchecked")
  public static Optional<Class<? extends Record>> section(RecordComponent component) {
    return component.getType().isAnnotationPresent(Section.class)
        ? Optional.of((Class<? extends Record>) component.getType())
        : Optional.empty();
  }

  /** Every setting of a record type and of the sections below it, by key, in order. */
  public static Map<String, Declaration> all(Class<? extends Record> type) {
    Map<String, Declaration> found = new LinkedHashMap<>();
    for (RecordComponent component : type.getRecordComponents()) {
      of(component).ifPresent(declared -> found.put(declared.key(), declared));
      section(component).ifPresent(inner -> found.putAll(all(inner)));
    }
    return found;
  }

  /** The values of a record and of the sections below it, by key, as they would be written. */
  public static Map<String, Object> values(Record settings) {
    RecordComponent[] components = settings.getClass().getRecordComponents();
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      values[i] = value(components[i], settings);
    }
    return values(settings.getClass(), values);
  }

  static Map<String, Object> values(Class<? extends Record> type, Object... values) {
    Map<String, Object> found = new LinkedHashMap<>();
    RecordComponent[] components = type.getRecordComponents();
    for (int i = 0; i < components.length; i++) {
      Object value = values[i];
      of(components[i])
          .ifPresent(declared -> found.put(declared.key(), declared.type().written(value)));
      if (value instanceof Record inner && section(components[i]).isPresent()) {
        found.putAll(values(inner));
      }
    }
    return found;
  }

  /** The value of a component of a record. */
  public static Object value(RecordComponent component, Record settings) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(settings);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }
}

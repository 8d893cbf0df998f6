package io.densespark.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Where settings come from, beside the defaults. Later assignments of a key go before earlier. */
public final class ConfigSources {

  /**
   * One assignment from the command line.
   *
   * @param where what people wrote, such as {@code --set} or {@code --output}
   * @param key dotted name of the setting
   * @param value its text; empty: there was no equals sign
   */
  record Assignment(String where, String key, Optional<String> value) {}

  private Optional<Path> file = Optional.empty();
  private final List<Assignment> assignments = new ArrayList<>();
  private boolean fresh;

  /** Reads this HOCON or JSON file. */
  public ConfigSources file(Path path) {
    file = Optional.of(path);
    return this;
  }

  /** Adds {@code key=value}, as given to {@code --set}. */
  public ConfigSources set(String assignment) {
    int equals = assignment.indexOf('=');
    String key = equals < 0 ? assignment : assignment.substring(0, equals);
    Optional<String> value =
        equals < 0 ? Optional.empty() : Optional.of(assignment.substring(equals + 1).strip());
    assignments.add(new Assignment("--set", key.strip(), value));
    return this;
  }

  /** Adds the value of a flag, or of anything else that {@code where} names, for a setting. */
  public ConfigSources flag(String where, String key, String value) {
    assignments.add(new Assignment(where, key, Optional.of(value)));
    return this;
  }

  /** Whether a run of the same id starts over; no file can ask for that. */
  public ConfigSources fresh(boolean startOver) {
    fresh = startOver;
    return this;
  }

  /** The same file and the assignments that pass, for a part of the settings. */
  ConfigSources only(Predicate<String> keys) {
    ConfigSources part = new ConfigSources().fresh(fresh);
    part.file = file;
    assignments.stream().filter(one -> keys.test(one.key())).forEach(part.assignments::add);
    return part;
  }

  /** The same with assignments before all others, which are weaker, and behind them, stronger. */
  public ConfigSources between(
      String where, Map<String, String> weaker, Map<String, String> stronger) {
    ConfigSources all = new ConfigSources().fresh(fresh);
    all.file = file;
    weaker.forEach((key, value) -> all.flag(where, key, value));
    all.assignments.addAll(assignments);
    stronger.forEach((key, value) -> all.flag(where, key, value));
    return all;
  }

  Optional<Path> file() {
    return file;
  }

  List<Assignment> assignments() {
    return List.copyOf(assignments);
  }

  boolean fresh() {
    return fresh;
  }
}

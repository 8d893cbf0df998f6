package io.densespark.config;

import java.util.List;
import java.util.Optional;

/**
 * One setting; its default stands in {@code conf/densenet-bc.conf}.
 *
 * @param key dotted name
 * @param type what it may hold
 * @param effect whether another value may lead to other parameters at the end of a run
 * @param usage when it counts at all; empty: always
 * @param doc its meaning in one line
 */
record Setting(String key, SettingType type, Effect effect, Optional<Usage> usage, String doc) {

  /** Whether a setting takes part in the hash and in the check before a resume. */
  enum Effect {
    ON_RESULT,
    NONE
  }

  /**
   * The setting counts only while another one holds one of some words.
   *
   * @param selector key of the other setting
   * @param words the values of the other setting under which this one counts
   */
  record Usage(String selector, List<String> words) {}

  /** A setting on which the trained parameters or their test figures may depend. */
  static Setting decisive(String key, SettingType type, String doc) {
    return new Setting(key, type, Effect.ON_RESULT, Optional.empty(), doc);
  }

  /** A setting that leaves the result of a run alone. */
  static Setting neutral(String key, SettingType type, String doc) {
    return new Setting(key, type, Effect.NONE, Optional.empty(), doc);
  }

  /** The same setting, counting only while {@code selector} holds one of {@code words}. */
  Setting usedWhen(String selector, String... words) {
    return new Setting(key, type, effect, Optional.of(new Usage(selector, List.of(words))), doc);
  }
}

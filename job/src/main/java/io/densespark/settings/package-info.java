/**
 * How settings are declared: on the components of the records that use them, and nowhere else.
 *
 * <p>In reading order:
 *
 * <ol>
 *   <li>{@link io.densespark.settings.Section} and {@link io.densespark.settings.Setting}, the
 *       annotations: name, meaning, range, unit, effect
 *   <li>{@link io.densespark.settings.Check}, the line by which a record checks itself
 *   <li>{@link io.densespark.settings.Declaration}, what is known of a setting at run time, and
 *       {@link io.densespark.settings.SettingType}, what it may hold
 *   <li>{@link io.densespark.settings.CanonicalText}, one text for each value
 *   <li>{@link io.densespark.settings.Secrets}, what must be seen nowhere
 * </ol>
 *
 * <p>Loading, the list of all settings, their reference and the checks of records built in code all
 * follow from the declarations. Depends on nothing of this project; {@code config} binds files and
 * flags to the records.
 */
package io.densespark.settings;

/**
 * Settings: HOCON files and command-line assignments become one validated {@link
 * io.densespark.config.RunConfig}.
 *
 * <p>In reading order:
 *
 * <ol>
 *   <li>{@link io.densespark.config.RunConfig}, what the rest of the job sees
 *   <li>{@code Schema}, the list of every setting, as the records declare them
 *   <li>{@link io.densespark.config.ConfigSources} and {@link
 *       io.densespark.config.RunConfigLoader}, from texts to records; {@code Layers} puts sources
 *       on top of each other, {@code Binder} makes the records
 *   <li>{@link io.densespark.config.ResolvedSettings}, the canonical form for files, hashes and
 *       comparisons
 * </ol>
 *
 * <p>A command-line assignment goes before the file, the file before the defaults, setting by
 * setting. The defaults are {@code conf/densenet-bc.conf}, which the build copies beside these
 * classes, so that a default stands in one place. A new setting is a component of the record of the
 * part that uses it, and a line in that file.
 *
 * <p>May depend on the settings records of {@code data}, {@code model}, {@code train}, {@code
 * engine}, {@code sync}, {@code registry} and {@code scaling}. The only package that uses the HOCON
 * library.
 */
package io.densespark.config;

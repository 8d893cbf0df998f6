/**
 * Settings: HOCON files and command-line assignments become one validated {@link
 * io.densespark.config.RunConfig}.
 *
 * <p>In reading order:
 *
 * <ol>
 *   <li>{@link io.densespark.config.RunConfig}, what the rest of the job sees
 *   <li>{@code Schema}, the one list of every setting with its type, range and meaning
 *   <li>{@link io.densespark.config.ConfigSources} and {@link
 *       io.densespark.config.RunConfigLoader}, from texts to records
 *   <li>{@code Combinations}, what each setting allows but together makes no sense
 *   <li>{@link io.densespark.config.ResolvedSettings}, the canonical form for files, hashes and
 *       comparisons
 * </ol>
 *
 * <p>A command-line assignment goes before the file, the file before the defaults, setting by
 * setting. The defaults are {@code conf/densenet-bc.conf}, which the build copies beside these
 * classes, so that a default stands in one place.
 *
 * <p>May depend on the settings records of {@code data}, {@code model}, {@code train}, {@code
 * engine} and {@code sync}. The only package that uses the HOCON library.
 */
package io.densespark.config;

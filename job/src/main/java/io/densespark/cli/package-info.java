/**
 * The command line: arguments become settings, verbs are called, and the process ends with their
 * exit code.
 *
 * <p>In reading order:
 *
 * <ol>
 *   <li>{@link io.densespark.cli.Main}, the entry point, which always ends the process
 *   <li>{@code Cli} and {@code Session}, from arguments to an exit code
 *   <li>{@code CommonOptions} and one class for each verb
 *   <li>{@link io.densespark.cli.ProgressDisplay}, what a person sees of a run
 * </ol>
 *
 * <p>May depend on {@code config} and {@code job}. Knows nothing of Spark. The only package that
 * uses picocli.
 */
package io.densespark.cli;

package io.densespark.cluster;

/**
 * How a script ended.
 *
 * @param exitCode its exit code
 * @param output its standard output and standard error, in the order written
 */
public record ScriptResult(int exitCode, String output) {}

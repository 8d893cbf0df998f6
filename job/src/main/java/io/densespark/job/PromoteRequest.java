package io.densespark.job;

import java.util.Optional;

/**
 * What is to become the champion.
 *
 * @param version its number; empty: the candidate
 * @param dryRun whether the gate only says what it would decide
 * @param force why the gate is not to be asked; empty: it is
 */
public record PromoteRequest(Optional<Integer> version, boolean dryRun, Optional<String> force) {}

package io.densespark.job;

import java.time.LocalDate;
import java.util.Optional;

/**
 * A slot of a schedule.
 *
 * @param asOf the day that names the run; empty: settings, data and code do
 * @param dryRun whether to train and ask the gate, and leave the registry alone
 */
public record RetrainRequest(Optional<LocalDate> asOf, boolean dryRun) {}

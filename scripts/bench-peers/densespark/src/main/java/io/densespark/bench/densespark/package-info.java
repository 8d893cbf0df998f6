/**
 * The job's side of {@code scripts/bench}, run from the packaged job jar: {@link
 * io.densespark.bench.densespark.NetExport} writes the net down for the peers, {@link
 * io.densespark.bench.densespark.CompiledEngine} and {@link io.densespark.bench.densespark.Dl4j}
 * are measured, {@link io.densespark.bench.densespark.Peak} says what the machine could do, and
 * {@link io.densespark.bench.densespark.Report} puts the rounds together.
 */
package io.densespark.bench.densespark;

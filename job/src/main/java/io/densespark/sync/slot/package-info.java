/**
 * A slot, which is a task of an epoch's barrier stage. Read {@code EpochTask}; {@code ShardBlocks}
 * has what each rank trains on, {@code ExecutorRun} what outlives a job on an executor.
 */
package io.densespark.sync.slot;

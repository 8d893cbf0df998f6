/**
 * What a slot does for its ranks, in turn. Read {@code StepLoop} (the steps of an epoch), then
 * {@code GradientSharing} and {@code ParameterAveraging}; {@code EpochWork} is what they need to
 * know, {@code ReplicaSlot} the replica that ranks take turns on, {@code CommonState} and {@code
 * Snapshots} are how states come and go.
 */
package io.densespark.sync.rank;

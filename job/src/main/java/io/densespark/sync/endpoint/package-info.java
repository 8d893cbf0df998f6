/**
 * What slots and driver tell each other over Spark's RPC: one family of messages ({@code
 * SlotMessage}), one codec ({@code JavaBytes}), sealed by what a run's processes know each other by
 * ({@code JobIdentity}). {@code DriverEndpoint} hears them: {@code SlotRendezvous} is where slots
 * meet, {@code ToldSteps} tells of progress, {@code StateAssembly} puts states together. {@code
 * DriverLink} is a slot's side.
 */
package io.densespark.sync.endpoint;

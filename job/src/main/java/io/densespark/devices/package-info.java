/**
 * GPUs that Spark assigns: {@link io.densespark.devices.GpuSettings} says which of Spark's settings
 * give every slot one of its own, {@link io.densespark.devices.TaskGpu} which one a task has.
 *
 * <p>May depend on Spark and {@code text}.
 */
package io.densespark.devices;

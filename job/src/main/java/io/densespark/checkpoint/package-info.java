/**
 * Checkpoints: everything an exact resume needs, kept so that whatever happens the newest whole one
 * is found.
 *
 * <p>In reading order:
 *
 * <ol>
 *   <li>{@link io.densespark.checkpoint.Checkpoint} what is kept;
 *   <li>{@link io.densespark.checkpoint.CheckpointStore} saving, loading with verification,
 *       retention;
 *   <li>{@code CheckpointManifest} and {@code CheckpointFiles} the form on the store;
 *   <li>{@link io.densespark.checkpoint.BackgroundCheckpointer} saving without holding up training.
 * </ol>
 *
 * <p>May depend on {@code storage} and {@code train}.
 */
package io.densespark.checkpoint;

/**
 * Decides everything about a step before any native call: which operations run, in which order,
 * over which bytes.
 *
 * <p>In reading order: {@link io.densespark.engine.plan.Passes} rewrites the graph, {@link
 * io.densespark.engine.plan.Placement} lets concatenated channels be written where they are wanted,
 * {@link io.densespark.engine.plan.Lowering} turns nodes into {@link
 * io.densespark.engine.plan.Instruction}s over {@link io.densespark.engine.plan.Tensor}s, forward
 * and backward, giving a {@link io.densespark.engine.plan.Program}, and {@link
 * io.densespark.engine.plan.MemoryPlanner} puts the program's buffers into one arena. All of it is
 * pure and runs without native code; {@link io.densespark.engine.plan.PlanOptions} turns each
 * optimisation off. Depends on {@code engine.graph}.
 *
 * <p><b>Layout.</b> An image tensor keeps its channels in blocks of 16 or 8, the block being the
 * outermost dimension and the minibatch the next: oneDNN sees a volume of minibatch 1 whose depth
 * counts the images. A range of whole channel blocks is then one contiguous run of bytes, which is
 * what makes concatenation a matter of placement.
 */
package io.densespark.engine.plan;

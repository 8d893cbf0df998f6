/**
 * Executes graphs on NVIDIA GPUs, by kernels of its own. A jar beside the job's, so that nobody
 * else carries it.
 *
 * <p>Reading order: {@link io.densespark.engine.cuda.CudaEngine} finds the {@link
 * io.densespark.engine.cuda.Libraries}, CUDA's driver and its run-time compiler, and makes a {@link
 * io.densespark.engine.cuda.CudaPlan}. That lowers the graph as {@code engine.plan} has it, with
 * channels outermost and not in blocks; {@link io.densespark.engine.cuda.Translator} turns
 * instructions into {@link io.densespark.engine.cuda.Launch}es, and an {@link
 * io.densespark.engine.cuda.Executable} is a program's launches as one CUDA graph. {@link
 * io.densespark.engine.cuda.Device} makes every call of the driver but none of their order. The
 * kernels are the {@code .cu} files beside these classes; see {@code common.cu}.
 *
 * <p>It depends on the job's {@code engine} packages, ND4J and JNA.
 */
package io.densespark.engine.cuda;

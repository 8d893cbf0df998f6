/**
 * Executes a DL4J graph: what is computed, not how.
 *
 * <p>Reading order: {@link io.densespark.engine.Engine} compiles a graph for a {@link
 * io.densespark.engine.PlanConfig} into a {@link io.densespark.engine.Plan}, which computes
 * gradients and predictions from DL4J's flat parameter vector. {@link io.densespark.engine.Engines}
 * chooses the engine that an {@link io.densespark.engine.EngineConfig} asks for. {@link
 * io.densespark.engine.PlanGuard} refuses calls that a plan cannot serve, with the same words in
 * every engine.
 *
 * <p>Engines are plug-ins: subpackages that {@link java.util.ServiceLoader} finds and that this
 * package does not know. {@code nd4j} is the reference, {@code onednn} the fast one. This package
 * depends on DL4J and ND4J; never on JavaCPP, Spark or another package of this project.
 */
package io.densespark.engine;

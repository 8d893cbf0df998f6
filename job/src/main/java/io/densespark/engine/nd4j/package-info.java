/**
 * The reference engine: DL4J's own {@code ComputationGraph}. It computes every graph that DL4J
 * computes, on the processor, or on the GPU where {@code nd4j-cuda} stands on the class path in
 * place of {@code nd4j-native}.
 *
 * <p>Reading order: {@link io.densespark.engine.nd4j.Nd4jEngine}, then its plan. Depends on DL4J,
 * ND4J and {@code io.densespark.engine}.
 */
package io.densespark.engine.nd4j;

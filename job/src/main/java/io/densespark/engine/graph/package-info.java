/**
 * The engine's own view of a network: a list of typed operations in topological order, read from a
 * DL4J {@code ComputationGraphConfiguration}.
 *
 * <p>In reading order: {@link io.densespark.engine.graph.Op} names every operation the compiled
 * engine knows, {@link io.densespark.engine.graph.Node} places one in a {@link
 * io.densespark.engine.graph.Graph}, {@link io.densespark.engine.graph.GraphReader} builds the
 * graph and refuses by name whatever it does not know. Depends on DL4J's configuration classes and
 * on nothing native.
 */
package io.densespark.engine.graph;

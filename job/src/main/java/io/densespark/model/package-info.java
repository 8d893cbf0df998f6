/**
 * DenseNets as plain DL4J graphs.
 *
 * <p>{@link io.densespark.model.DenseNetSpec} says what a net is, {@link
 * io.densespark.model.DenseNetPresets} names the well-known ones, {@link
 * io.densespark.model.DenseNetGraph} writes one down as a DL4J {@code
 * ComputationGraphConfiguration}, {@link io.densespark.model.ModelSummary} counts its parameters
 * and arithmetic, and {@link io.densespark.model.ModelZip} writes and reads trained nets as the zip
 * files that DL4J itself loads, with the {@link io.densespark.model.ModelSignature} they expect.
 *
 * <p>Depends on DL4J and Jackson, and on no other package of this project. Streams come from the
 * caller: paths are storage's business.
 */
package io.densespark.model;

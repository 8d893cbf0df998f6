/**
 * Labelled images from files to the batches that a replica trains on.
 *
 * <p>In the order in which the data flows: {@link io.densespark.data.FashionMnist} finds or
 * downloads the four files and has {@link io.densespark.data.IdxReader} read through them; {@link
 * io.densespark.data.ShardAssignment} says what each rank owns, which {@link
 * io.densespark.data.ShardBuilder} gathers, resized with {@link io.densespark.data.BilinearResize};
 * on the replica {@link io.densespark.data.Shard} addresses the cached examples by row and {@link
 * io.densespark.data.BatchAssembler} gathers batches, changed by {@link
 * io.densespark.data.Augmentation}.
 *
 * <p>Everything random is a function of seeds and positions, never of time or arrival. What is
 * wrong with the data is a {@link io.densespark.data.DataException}.
 *
 * <p>May depend on ND4J's arrays and data sets; on no other package of this project. File systems
 * other than the local one come in through {@link io.densespark.data.FileOpener}.
 */
package io.densespark.data;

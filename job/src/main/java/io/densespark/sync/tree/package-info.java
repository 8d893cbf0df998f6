/**
 * The binary tree over the ranks, along which everything is added that is added over ranks.
 *
 * <p>{@link io.densespark.sync.tree.RankRange} is the tree, {@link
 * io.densespark.sync.tree.Placement} says who computes which ranks; {@link
 * io.densespark.sync.tree.SlotSums} adds the ranks of a slot, {@link
 * io.densespark.sync.tree.TreeSum} sums of slots and executors, tile by tile, in the format that
 * {@link io.densespark.sync.tree.TileCodec} writes.
 */
package io.densespark.sync.tree;

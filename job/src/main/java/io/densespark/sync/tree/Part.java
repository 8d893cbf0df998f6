package io.densespark.sync.tree;

import java.nio.FloatBuffer;

/**
 * What a slot brings to an operation: the values of one of its ranks, or their sum over a branch of
 * the tree.
 *
 * @param ranks the branch
 * @param values between the buffer's position and its limit
 * @param companions further numbers, added along the same tree
 */
public record Part(RankRange ranks, FloatBuffer values, Companions companions)
    implements TreeSum.Source {}

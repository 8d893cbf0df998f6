package io.densespark.sync.collective;

import java.nio.FloatBuffer;

/**
 * What a slot brings to an operation: the values of one of its ranks, or their sum over a branch of
 * the tree.
 *
 * @param ranks the branch
 * @param values between the buffer's position and its limit
 * @param companion of a sum: one further number, added along the same tree; of a mean: the weight
 */
public record Part(RankRange ranks, FloatBuffer values, double companion)
    implements TreeSum.Source {}

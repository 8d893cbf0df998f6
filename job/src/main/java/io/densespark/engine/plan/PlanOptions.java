package io.densespark.engine.plan;

import java.util.EnumSet;
import java.util.Set;

/**
 * Which optimisations a plan uses. All are on unless a test or a measurement asks otherwise;
 * results agree to rounding either way.
 *
 * @param used the optimisations that are on
 */
public record PlanOptions(Set<Optimization> used) {

  /** What a plan can do to be faster or smaller. */
  public enum Optimization {
    /** Batch norm and the ReLU behind it run as one operation. */
    FUSE_NORM_RELU,
    /** Average pooling moves before a 1x1 convolution. */
    POOL_BEFORE_POINTWISE,
    /** Inference applies batch norm and activation inside the convolution before them. */
    FOLD_NORM,
    /** Concatenated values are written where the concatenation wants them. */
    ELIDE_CONCAT,
    /** Channels already normalised over the same memory keep their statistics. */
    SHARE_STATISTICS,
    /** Convolutions may use Winograd's minimal filtering. */
    WINOGRAD,
    /** Buffers whose lifetimes do not overlap share bytes. */
    REUSE_MEMORY,
    /** Inference makes what depends on parameters alone again only when these have changed. */
    KEEP_WEIGHTS,
    /** Inference runs a few images at a time, so that what passes between layers stays in cache. */
    CHUNK_INFERENCE
  }

  public PlanOptions {
    used = Set.copyOf(used);
  }

  /** Every optimisation. */
  public static PlanOptions all() {
    return new PlanOptions(EnumSet.allOf(Optimization.class));
  }

  /** No optimisation. */
  public static PlanOptions none() {
    return new PlanOptions(Set.of());
  }

  /** These without one. */
  public PlanOptions without(Optimization optimization) {
    EnumSet<Optimization> rest = EnumSet.noneOf(Optimization.class);
    rest.addAll(used);
    rest.remove(optimization);
    return new PlanOptions(rest);
  }

  /** Whether an optimisation is on. */
  public boolean uses(Optimization optimization) {
    return used.contains(optimization);
  }
}

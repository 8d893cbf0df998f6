package io.densespark.sync.collective;

import io.densespark.sync.SyncConfig.ExchangeRule;
import io.densespark.sync.links.FrameHeader;
import io.densespark.sync.links.Mesh;
import io.densespark.sync.tree.Companions;
import io.densespark.sync.tree.Part;
import io.densespark.sync.tree.Placement;
import io.densespark.sync.tree.TreeSum;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * How executors make sums and means over a {@link Mesh}. All ways add along the same tree, and give
 * the same bits.
 *
 * <p>The slots of an executor share the work of {@link #encode} and {@link #decode}; all else is
 * for one thread.
 */
sealed interface Exchange permits DirectExchange, HalvingAndDoubling {

  /** The way that the setting asks for; the direct one where the placement admits no other. */
  static Exchange of(ExchangeRule rule, Mesh mesh, Placement placement) {
    return rule.halves(placement.executors()) && HalvingAndDoubling.suits(placement)
        ? new HalvingAndDoubling(mesh, placement)
        : new DirectExchange(mesh, placement);
  }

  /** The links to the other executors. */
  Mesh mesh();

  /**
   * Lays the frames of an operation out, before slots encode.
   *
   * @param parts of all slots of this executor, in the order of ranks
   * @param target of its first slot
   */
  void prepare(FrameHeader next, List<Part> parts, FloatBuffer target);

  /**
   * Writes one slot's share of what this executor sends.
   *
   * @param share of {@code shares}, from 0
   */
  void encode(TreeSum mine, List<Part> parts, int share, int shares);

  /**
   * Sends, receives and adds.
   *
   * @param timeoutNanos longest wait for what is due from others next
   */
  void reduce(long timeoutNanos) throws IOException;

  /** Sums of the companions over all ranks, after {@link #reduce}. */
  Companions companions();

  /** Copies the result to a slot's values, unless it has arrived there. */
  void decode(TreeSum mine, FloatBuffer target, float[] tile);
}

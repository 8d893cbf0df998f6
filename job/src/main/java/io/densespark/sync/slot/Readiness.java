package io.densespark.sync.slot;

import io.densespark.sync.collective.Collective;
import io.densespark.sync.endpoint.JavaBytes;
import io.densespark.sync.tree.Placement;
import io.densespark.sync.tree.RankRange;
import io.densespark.text.Text;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a slot tells the others before the first step, so that all go on or none does.
 *
 * @param host where it runs
 * @param engine what computes there; empty: it cannot train
 * @param instructionSet of the engine; empty: it cannot train
 * @param hasDevice whether Spark assigned a GPU to it
 */
record Readiness(String host, String engine, String instructionSet, boolean hasDevice)
    implements Serializable {

  /** Of a slot that cannot train. */
  static Readiness unable(String host) {
    return new Readiness(host, "", "", false);
  }

  /** Exchanges it; the result is in the order of slots, and the same on every slot. */
  List<Readiness> exchange(Collective collective) {
    return Arrays.stream(collective.allGather(JavaBytes.of(this)))
        .map(bytes -> JavaBytes.read(bytes, Readiness.class))
        .toList();
  }

  /** Whether one cannot train: it tells why itself. */
  static boolean anyUnable(List<Readiness> all) {
    return all.stream().anyMatch(slot -> slot.engine.isEmpty());
  }

  /**
   * Why slots that can all train must not do so together. With {@code engine = auto} an executor
   * without the native library takes the reference engine, which is many times slower.
   */
  static Optional<String> disagreement(List<Readiness> all, Placement placement) {
    Readiness first = all.get(0);
    for (int slot = 1; slot < all.size(); slot++) {
      Readiness other = all.get(slot);
      RankRange ranks = placement.ranksOfSlot(slot);
      if (other.hasDevice != first.hasDevice) {
        return Optional.of(
            Text.format(
                "rank 0 on %s computes with%s a GPU, %s on %s with%s: give one to all executors"
                    + " (spark.executor.resource.gpu.amount), or to none",
                first.host,
                first.hasDevice ? "" : "out",
                ranks,
                other.host,
                other.hasDevice ? "" : "out"));
      }
      if (!other.engine.equals(first.engine)) {
        return Optional.of(
            Text.format(
                "rank 0 on %s computes with engine %s, %s on %s with %s: give every executor the"
                    + " same jar and kind of processor, or set engine = nd4j (the executors' logs"
                    + " say why onednn was passed over)",
                first.host, first.engine, ranks, other.host, other.engine));
      }
      if (!other.instructionSet.equals(first.instructionSet)) {
        return Optional.of(
            Text.format(
                "rank 0 on %s computes with %s, %s on %s with %s: results would depend on the"
                    + " placement; use executors of one kind%s",
                first.host,
                first.instructionSet,
                ranks,
                other.host,
                other.instructionSet,
                first.hasDevice
                    ? " of GPU and driver"
                    : ", or give all of them spark.executorEnv.ONEDNN_MAX_CPU_ISA=AVX2"));
      }
    }
    return Optional.empty();
  }
}

package io.densespark.sync.collective;

import io.densespark.sync.tree.Placement;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The bytes of an all-gather: those of an executor's slots travel as one, each with its length. */
final class GatheredBytes {

  private GatheredBytes() {}

  /** What the slots of this executor have laid open. */
  static byte[] of(ExecutorGroup group) {
    int first = group.firstSlot();
    int total = 0;
    for (int slot = first; slot < first + group.size(); slot++) {
      total += Integer.BYTES + group.opened(slot).bytes().length;
    }
    ByteBuffer all = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    for (int slot = first; slot < first + group.size(); slot++) {
      byte[] bytes = group.opened(slot).bytes();
      all.putInt(bytes.length).put(bytes);
    }
    return all.array();
  }

  /** Shows the bytes of the slots of an executor, this one or another, after the exchange. */
  static void show(int executor, ExecutorGroup group, Collective.GatherVisitor visitor) {
    Placement placement = group.placement();
    ByteBuffer theirs =
        executor == group.executor() ? null : group.exchange().mesh().gathered(executor);
    for (int slot = placement.firstSlot(executor);
        slot < placement.firstSlot(executor + 1);
        slot++) {
      ByteBuffer bytes;
      if (theirs == null) {
        bytes = ByteBuffer.wrap(group.opened(slot).bytes()).asReadOnlyBuffer();
      } else {
        int length = theirs.getInt();
        bytes = theirs.slice(theirs.position(), length);
        theirs.position(theirs.position() + length);
      }
      visitor.visit(slot, bytes.order(ByteOrder.LITTLE_ENDIAN));
    }
  }
}

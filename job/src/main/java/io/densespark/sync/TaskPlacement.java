package io.densespark.sync;

import io.densespark.sync.collective.Placement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.BarrierTaskContext;

/**
 * Which slot a barrier task is. Spark tells every task where all of them run: those of an executor
 * become slots beside each other.
 *
 * @param placement the same in every task
 * @param executor of this task
 * @param slot of this task
 */
record TaskPlacement(Placement placement, int executor, int slot) {

  static TaskPlacement of(BarrierTaskContext context, int worldSize) {
    String[] addresses =
        Arrays.stream(context.getTaskInfos()).map(task -> task.address()).toArray(String[]::new);
    return of(addresses, context.partitionId(), worldSize);
  }

  /**
   * @param addresses by task, where its executor is
   * @param task this one
   */
  static TaskPlacement of(String[] addresses, int task, int worldSize) {
    List<Integer> order =
        IntStream.range(0, addresses.length)
            .boxed()
            .sorted(Comparator.comparing((Integer i) -> addresses[i]))
            .toList();
    List<Integer> slotsOfExecutor = new ArrayList<>();
    String last = null;
    for (int one : order) {
      if (!addresses[one].equals(last)) {
        last = addresses[one];
        slotsOfExecutor.add(0);
      }
      int executor = slotsOfExecutor.size() - 1;
      slotsOfExecutor.set(executor, slotsOfExecutor.get(executor) + 1);
    }
    Placement placement = new Placement(worldSize, slotsOfExecutor);
    int slot = order.indexOf(task);
    return new TaskPlacement(placement, placement.executorOf(slot), slot);
  }

  /** Whether this slot speaks for its executor. */
  boolean isFirst() {
    return slot == placement.firstSlot(executor);
  }
}

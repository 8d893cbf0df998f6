package io.densespark.sync.endpoint;

import io.densespark.sync.tree.Placement;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
public record TaskPlacement(Placement placement, int executor, int slot) {

  /** Where this task stands among those of its stage. */
  public static TaskPlacement of(BarrierTaskContext context, int worldSize) {
    String[] addresses =
        Arrays.stream(context.getTaskInfos()).map(task -> task.address()).toArray(String[]::new);
    return of(addresses, context.partitionId(), worldSize);
  }

  /**
   * @param addresses by task, where its executor is
   * @param task this one
   */
  public static TaskPlacement of(String[] addresses, int task, int worldSize) {
    List<Integer> order =
        IntStream.range(0, addresses.length)
            .boxed()
            .sorted(Comparator.comparing((Integer i) -> addresses[i]))
            .toList();
    Map<String, Integer> slotsOfExecutor = new TreeMap<>();
    for (String address : addresses) {
      slotsOfExecutor.merge(address, 1, Integer::sum);
    }
    Placement placement = new Placement(worldSize, List.copyOf(slotsOfExecutor.values()));
    int slot = order.indexOf(task);
    return new TaskPlacement(placement, placement.executorOf(slot), slot);
  }

  /** Whether this slot speaks for its executor. */
  public boolean isFirst() {
    return slot == placement.firstSlot(executor);
  }
}

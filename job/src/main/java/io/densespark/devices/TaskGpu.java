package io.densespark.devices;

import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/** The GPU of a task of Spark's. */
public final class TaskGpu {

  /** Spark's id of the executor that is the driver. */
  private static final String DRIVER = "driver";

  private TaskGpu() {}

  /**
   * Address of the GPU that a task is to use; null: none.
   *
   * <p>In one process, with a master {@code local[…]}, Spark assigns none. There a task that cannot
   * do without takes the one of a number, from 0.
   *
   * @param number that number, where it is wanted
   * @param needed whether the task cannot do without
   */
  public static String address(TaskContext task, int number, boolean needed) {
    ResourceInformation assigned = task.resourcesJMap().get(GpuSettings.GPU);
    if (assigned != null && assigned.addresses().length > 0) {
      return assigned.addresses()[0];
    }
    boolean inOneProcess = DRIVER.equals(SparkEnv.get().executorId());
    return needed && inOneProcess ? Integer.toString(number) : null;
  }
}

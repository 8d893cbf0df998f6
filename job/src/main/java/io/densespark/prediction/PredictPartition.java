package io.densespark.prediction;

import io.densespark.devices.TaskGpu;
import io.densespark.engine.ConfinedPool.Lease;
import io.densespark.engine.InferencePlans;
import io.densespark.engine.Plan;
import io.densespark.images.ImageColumns;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Predicts the rows of a partition, batch after batch, with a plan that the executor keeps between
 * partitions.
 *
 * @param plan what to compile
 * @param parameters DL4J's flat parameter vector
 * @param source where rows hold their images
 * @param schema columns of the result
 * @param kept indexes of the columns that go along
 * @param classes number of classes
 * @param classNames names by class; empty: none
 * @param mirrored whether predictions are means over each image and its mirror image
 */
record PredictPartition(
    InferencePlans.Key plan,
    Broadcast<float[]> parameters,
    ImageColumns source,
    StructType schema,
    int[] kept,
    int classes,
    List<String> classNames,
    boolean mirrored)
    implements MapPartitionsFunction<Row, Row> {

  @Override
  public Iterator<Row> call(Iterator<Row> rows) throws InterruptedException {
    if (!rows.hasNext()) {
      return Collections.emptyIterator();
    }
    String gpu = TaskGpu.address(TaskContext.get(), 0, plan.plan().engine().needsDevice());
    Lease<Plan> lease = InferencePlans.lease(plan.onDevice(gpu));
    // However the task ends, and wherever its reader stops.
    TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> lease.close());
    return new PredictedRows(this, lease.value(), rows);
  }
}

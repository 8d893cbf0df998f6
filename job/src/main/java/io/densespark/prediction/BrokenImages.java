package io.densespark.prediction;

import io.densespark.images.BrokenImage;
import io.densespark.images.ImageInputs;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.CollectionAccumulator;
import org.apache.spark.util.LongAccumulator;

/**
 * Keeps the rows that have a prediction; names and counts the others, or fails at the first. Exact
 * as long as it runs in the last stage of a job, for which Spark takes the counts of every task
 * once.
 */
final class BrokenImages implements FilterFunction<Row> {

  /** Names kept of one partition: enough to find the cause. */
  private static final int NAMED_OF_A_PARTITION = 1000;

  private final boolean fail;
  private final LongAccumulator count;
  private final CollectionAccumulator<BrokenImage> named;
  private transient Map<Integer, Integer> namedHere;

  /**
   * @param fail whether the first broken image ends the job
   */
  BrokenImages(SparkContext spark, boolean fail) {
    this.fail = fail;
    this.count = spark.longAccumulator("broken images");
    this.named = spark.collectionAccumulator("names of broken images");
  }

  @Override
  public boolean call(Row row) {
    String error = row.getAs(ImagePredictor.ERROR);
    if (error == null) {
      return true;
    }
    String id = row.getAs(ImageInputs.ID);
    if (fail) {
      throw new BrokenImage("the image " + id, error).refusal();
    }
    count.add(1);
    if (namedHere == null) {
      namedHere = new HashMap<>();
    }
    int partition = TaskContext.getPartitionId();
    if (namedHere.merge(partition, 1, Integer::sum) <= NAMED_OF_A_PARTITION) {
      named.add(new BrokenImage(id, error));
    }
    return false;
  }

  long count() {
    return count.value();
  }

  /** The first of each partition, by id. */
  List<BrokenImage> named() {
    List<BrokenImage> sorted = new ArrayList<>(named.value());
    sorted.sort(Comparator.comparing(BrokenImage::id));
    return sorted;
  }
}

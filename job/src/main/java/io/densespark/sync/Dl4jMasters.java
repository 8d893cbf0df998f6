package io.densespark.sync;

import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.api.Repartition;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;

/**
 * DL4J's own training masters, set up so that they do what their names say. They are here for
 * comparison and for users who need them; they execute on DL4J itself.
 */
public final class Dl4jMasters {

  private Dl4jMasters() {}

  /**
   * DL4J's parameter averaging over an RDD that is cached already and whose DataSets are local
   * batches. Examples beyond a multiple of {@code replicas * averagingFrequency} batches are left
   * out of an epoch by DL4J.
   */
  public static TrainingMaster<?, ?> parameterAveraging(
      int replicas, int localBatch, int averagingFrequency) {
    return new ParameterAveragingTrainingMaster.Builder(replicas, localBatch)
        .batchSizePerWorker(localBatch)
        .averagingFrequency(averagingFrequency)
        // Without this, momentum restarts from nothing after every average.
        .saveUpdater(true)
        .workerPrefetchNumBatches(0)
        .repartionData(Repartition.NumPartitionsWorkersDiffers)
        .rddTrainingApproach(RDDTrainingApproach.Direct)
        // The RDD is cached where it is made; DL4J would cache each of its splits again.
        .storageLevel(null)
        .build();
  }
}

package io.densespark.sync.master;

import io.densespark.sync.SyncException;
import io.densespark.text.Text;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.api.Repartition;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.deeplearning4j.spark.impl.repartitioner.NoOpRepartitioner;
import org.deeplearning4j.spark.parameterserver.training.SharedTrainingMaster;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.parameterserver.distributed.conf.VoidConfiguration;
import org.nd4j.parameterserver.distributed.enums.TransportType;
import org.nd4j.parameterserver.distributed.v2.ModelParameterServer;
import org.nd4j.parameterserver.distributed.v2.enums.MeshBuildMode;
import org.nd4j.parameterserver.distributed.v2.transport.impl.BaseTransport;

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

  /**
   * DL4J's gradient sharing: every replica trains by itself and sends threshold-encoded updates to
   * the others, over Aeron's UDP, without waiting for theirs. The driver takes part as the one who
   * collects and passes on. Not reproducible, by its nature: what arrives after a replica has
   * finished its epoch is dropped by DL4J. To be given an RDD made by {@link #startedTogether}.
   *
   * @param localBatch examples of a step of one replica
   * @param replicas replicas over all executors, which share them evenly
   */
  public static TrainingMaster<?, ?> gradientSharing(
      JavaSparkContext spark, int localBatch, int replicas) {
    return gradientSharingBuilder(spark, localBatch, replicas).build();
  }

  static SharedTrainingMaster.Builder gradientSharingBuilder(
      JavaSparkContext spark, int localBatch, int replicas) {
    Preflight.requirePlainNetwork(spark);
    int executors = executors(spark);
    int replicasInOneJvm = (replicas + executors - 1) / executors;
    String host = spark.getConf().get("spark.driver.host");
    AeronPort.allowSlowPublications();
    spark.sc().addSparkListener(new MeshEnd());
    VoidConfiguration.VoidConfigurationBuilder network =
        VoidConfiguration.builder()
            .networkMask(maskOf(host))
            .controllerAddress(host)
            .unicastPort(new AeronPort().getPort())
            .portSupplier(new AeronPort())
            .meshBuildMode(MeshBuildMode.PLAIN)
            .transportType(TransportType.ROUTED_UDP);
    return new SharedTrainingMaster.Builder(network.build(), localBatch)
        .batchSizePerWorker(localBatch)
        .workersPerNode(replicasInOneJvm)
        .workerPrefetchNumBatches(0)
        .rddTrainingApproach(RDDTrainingApproach.Direct)
        .repartitioner(new NoOpRepartitioner())
        .storageLevel(null);
  }

  /**
   * An RDD for {@link #gradientSharing}, of which no replica gets a DataSet before all have joined:
   * on a cluster, updates would be lost otherwise.
   *
   * @param data cached, one partition for each replica
   * @param timeout how long the last executor may take to join
   */
  public static JavaRDD<DataSet> startedTogether(
      JavaSparkContext spark, JavaRDD<DataSet> data, Duration timeout) {
    if (spark.isLocal()) {
      return data;
    }
    // One without a partition does not join.
    int joining = Math.min(executors(spark), data.getNumPartitions());
    return data.mapPartitions(new MeshStart(joining, timeout));
  }

  /** Without it, DL4J's transport goes on calling executors that are gone, once a second. */
  private static final class MeshEnd extends SparkListener {
    @Override
    public void onApplicationEnd(SparkListenerApplicationEnd end) {
      ModelParameterServer server = ModelParameterServer.getInstance();
      if (!server.isInitialized()) {
        return;
      }
      server.shutdown();
      try {
        // Its threads wait for work, and one of them for the next heartbeat: only an interrupt ends
        // them.
        Field threads = BaseTransport.class.getDeclaredField("executorService");
        threads.setAccessible(true);
        ((ExecutorService) threads.get(server.getTransport())).shutdownNow();
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("another DL4J than 1.0.0-M2", e);
      }
    }
  }

  /** JVMs that train. */
  private static int executors(JavaSparkContext spark) {
    // Spark counts the driver among them.
    return Math.max(1, spark.sc().statusTracker().getExecutorInfos().length - 1);
  }

  /**
   * The network, as 10.1.0.0/16, by which executors find the address that they tell others; null on
   * loopback, which DL4J takes without one.
   */
  static String maskOf(String host) {
    try {
      InetAddress address = InetAddress.getByName(host);
      byte[] bytes = address.getAddress();
      return address.isLoopbackAddress() || bytes.length != 4
          ? null
          : Text.format("%d.%d.0.0/16", bytes[0] & 0xff, bytes[1] & 0xff);
    } catch (UnknownHostException e) {
      throw SyncException.refused(
          Text.format(
              "spark.driver.host = %s has no address: set it to one that executors reach", host));
    }
  }
}

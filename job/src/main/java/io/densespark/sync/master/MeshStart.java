package io.densespark.sync.master;

import io.densespark.sync.SyncException;
import io.densespark.text.Text;
import java.time.Duration;
import java.util.Iterator;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.parameterserver.distributed.v2.ModelParameterServer;
import org.nd4j.parameterserver.distributed.v2.transport.Transport;

/**
 * Holds the first DataSet of a partition back until all executors have joined the mesh of DL4J's
 * gradient sharing. They join seconds apart, and updates sent before reach only those that have:
 * the others would miss them for good.
 *
 * @param executors JVMs that train, beside the driver
 * @param timeout how long the last may take to join
 */
record MeshStart(int executors, Duration timeout)
    implements FlatMapFunction<Iterator<DataSet>, DataSet> {

  private static final long GLANCE_MILLIS = 20;

  @Override
  public Iterator<DataSet> call(Iterator<DataSet> partition) {
    return new Iterator<>() {
      private boolean started;

      @Override
      public boolean hasNext() {
        return partition.hasNext();
      }

      @Override
      public DataSet next() {
        if (!started) {
          awaitAll();
          started = true;
        }
        return partition.next();
      }
    };
  }

  private void awaitAll() {
    ModelParameterServer server = ModelParameterServer.getInstance();
    if (!server.isInitialized()) {
      // DL4J counts the DataSets before it trains.
      return;
    }
    Transport transport = server.getTransport();
    // The driver is the root of the mesh.
    int nodes = executors + 1;
    long began = System.nanoTime();
    while (transport.totalNumberOfNodes() < nodes) {
      if (System.nanoTime() - began > timeout.toNanos()) {
        throw new SyncException(
            SyncException.Reason.TIMED_OUT,
            Text.format(
                "%s: %d of %d processes have joined DL4J's mesh after %d s: executors must reach"
                    + " the driver and each other by UDP; or use sync.mode = gradient-sharing,"
                    + " which needs TCP only",
                transport.id(), transport.totalNumberOfNodes(), nodes, timeout.toSeconds()),
            null);
      }
      try {
        Thread.sleep(GLANCE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("stopped while executors join DL4J's mesh", e);
      }
    }
  }
}

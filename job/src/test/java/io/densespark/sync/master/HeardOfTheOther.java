package io.densespark.sync.master;

import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.util.LongAccumulator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.parameterserver.distributed.v2.ModelParameterServer;
import org.nd4j.parameterserver.distributed.v2.transport.UpdatesHandler;
import org.reactivestreams.Subscription;

/**
 * Two replicas of which each trains one half of the outputs only, so that an update tells who sent
 * it. On its executor, each stops in mid-epoch until an update of the other one has come.
 */
final class HeardOfTheOther implements Function2<Integer, Iterator<DataSet>, Iterator<DataSet>> {

  static final int BATCH = 4;
  static final int OUTPUTS = 64;

  /** Of waiting for what takes milliseconds on an idle machine. */
  static final Duration LIMIT = Duration.ofMinutes(2);

  /** So small that what a probe teaches stays below the threshold of what is sent. */
  private static final double PROBE_WEIGHT = 1e-3;

  private final int batchesBefore;
  private final LongAccumulator heard;

  /**
   * @param heard counts the replicas that have heard of the other: DL4J may swallow what is thrown
   * @param batchesBefore DataSets of an epoch before the stop; at least two come after it
   */
  HeardOfTheOther(int batchesBefore, LongAccumulator heard) {
    this.heard = heard;
    this.batchesBefore = batchesBefore;
  }

  static INDArrayIndex half(int rank) {
    return NDArrayIndex.interval(rank * OUTPUTS / 2, (rank + 1) * OUTPUTS / 2);
  }

  /** Pulls the replica's own half of the outputs up to 1. */
  static DataSet training(int rank) {
    return masked(1, half(rank), 1);
  }

  /** Has a loss where the other half is not as it was at the start, 0. */
  static DataSet probe(int rank) {
    return masked(0, half(1 - rank), PROBE_WEIGHT);
  }

  private static DataSet masked(double label, INDArrayIndex outputs, double weight) {
    INDArray mask = Nd4j.zeros(BATCH, OUTPUTS);
    mask.get(NDArrayIndex.all(), outputs).assign(weight);
    INDArray labels = Nd4j.valueArrayOf(new long[] {BATCH, OUTPUTS}, label);
    return new DataSet(Nd4j.zeros(BATCH, OUTPUTS), labels, null, mask);
  }

  @Override
  public Iterator<DataSet> call(Integer rank, Iterator<DataSet> partition) {
    return new Iterator<>() {
      private Updates updates;
      private int given;

      @Override
      public boolean hasNext() {
        return partition.hasNext();
      }

      @Override
      public DataSet next() {
        ModelParameterServer server = ModelParameterServer.getInstance();
        // DL4J counts the DataSets before it trains.
        if (server.isInitialized()) {
          if (updates == null) {
            updates = new Updates(1 - rank);
            server.addUpdatesSubscriber(updates);
          }
          if (given++ == batchesBefore) {
            updates.await();
            heard.add(1);
          }
        }
        return partition.next();
      }
    };
  }

  /** Sees what comes to this JVM, after DL4J's own subscriber. */
  private static final class Updates implements UpdatesHandler {
    private final CountDownLatch heard = new CountDownLatch(1);
    private final int sender;

    Updates(int sender) {
      this.sender = sender;
    }

    void await() {
      try {
        if (!heard.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
          throw new IllegalStateException("no update of replica " + sender + " came in " + LIMIT);
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void onNext(INDArray encoded) {
      INDArray update = Nd4j.zeros(1, OUTPUTS * OUTPUTS + OUTPUTS);
      // The fourth number says how it is encoded.
      if (encoded.data().getInt(3) == 0) {
        Nd4j.getExecutioner().thresholdDecode(encoded, update);
      } else {
        Nd4j.getExecutioner().bitmapDecode(encoded, update);
      }
      INDArray bias =
          update
              .reshape(OUTPUTS * OUTPUTS + OUTPUTS)
              .get(NDArrayIndex.interval(OUTPUTS * OUTPUTS, OUTPUTS * OUTPUTS + OUTPUTS));
      // To be subtracted.
      if (bias.get(half(sender)).minNumber().doubleValue() < 0) {
        heard.countDown();
      }
    }

    @Override
    public INDArray getParametersArray() {
      throw new UnsupportedOperationException("DL4J asks its own subscriber");
    }

    @Override
    public void onSubscribe(Subscription subscription) {}

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onComplete() {}
  }
}

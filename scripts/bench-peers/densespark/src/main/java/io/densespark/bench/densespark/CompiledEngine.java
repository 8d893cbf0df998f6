package io.densespark.bench.densespark;

import io.densespark.bench.Net;
import io.densespark.bench.Peer;
import io.densespark.bench.Round;
import io.densespark.engine.EngineConfig;
import io.densespark.engine.EngineConfig.Precision;
import io.densespark.engine.Engines;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.PlanConfig.Purpose;
import io.densespark.train.Replica;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.DoubleStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The job's engine as the default settings run it: one single-threaded replica for each core, each
 * in a thread of its own. A step is gradient and DL4J's updater in every replica, and ends when the
 * last replica is done; gradients are not exchanged.
 *
 * <p>Variant {@code split}: the batch is divided among the replicas. Variant {@code whole}: every
 * replica has a batch of its own, so a step sees more images. Variant {@code independent}: as
 * {@code whole}, but no replica ever waits for another: each counts its own steps in its own time,
 * and the throughputs are added. A second word, {@code bf16}, computes in bfloat16.
 */
public final class CompiledEngine implements Peer {

  private final List<Worker> workers = new ArrayList<>();
  private static final int WARM_UP_STEPS = 6;

  private final int imagesPerReplica;
  private final boolean independent;

  private CompiledEngine(Round round, Net net) throws Exception {
    List<String> words = List.of(round.variant().split(" "));
    imagesPerReplica =
        switch (words.get(0)) {
          case "split" -> round.batch() / round.threads();
          case "whole", "independent" -> round.batch();
          default ->
              throw new IllegalArgumentException(
                  "variant must be split, whole or independent, was " + round.variant());
        };
    independent = words.get(0).equals("independent");
    Precision precision = words.contains("bf16") ? Precision.BF16 : Precision.FP32;
    for (int i = 0; i < round.threads(); i++) {
      workers.add(new Worker(net, imagesPerReplica, precision));
    }
  }

  /** Runs one round. */
  public static void main(String[] arguments) {
    Round.run(arguments, CompiledEngine::new);
  }

  @Override
  public int imagesPerCall() {
    return imagesPerReplica * workers.size();
  }

  @Override
  public double train() throws Exception {
    return onEach(Worker::train).average().orElseThrow();
  }

  @Override
  public void infer() throws Exception {
    onEach(Worker::infer);
  }

  @Override
  public OptionalDouble trainingImagesPerSecond(double seconds)
      throws InterruptedException, ExecutionException {
    if (!independent) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(onEach(worker -> worker.trainFor(seconds)).sum());
  }

  /** What a worker does; the result is a number of its own. */
  private interface Task {
    double run(Worker worker);
  }

  private DoubleStream onEach(Task task) throws InterruptedException, ExecutionException {
    List<Future<Double>> running = new ArrayList<>();
    for (Worker worker : workers) {
      Callable<Double> call = () -> task.run(worker);
      running.add(worker.thread.submit(call));
    }
    DoubleStream.Builder results = DoubleStream.builder();
    for (Future<Double> one : running) {
      results.add(one.get());
    }
    return results.build();
  }

  /** A replica and the thread that its plan belongs to. */
  private static final class Worker {

    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final Net net;
    private final Precision precision;
    private final INDArray images;
    private final INDArray labels;
    private final INDArray probabilities;
    private final ComputationGraph graph;
    private Replica replica;
    private Plan inference;

    Worker(Net net, int batch, Precision precision) {
      this.net = net;
      this.precision = precision;
      images = BenchGraphs.images(net, batch);
      labels = BenchGraphs.labels(net, batch);
      probabilities = Nd4j.create(batch, net.classes());
      graph = new ComputationGraph(BenchGraphs.graph(net));
      graph.init();
    }

    double train() {
      if (replica == null) {
        replica = new Replica(graph, compile(Purpose.TRAINING));
      }
      double loss = replica.gradient(images, labels, 0);
      replica.apply((int) images.size(0));
      return loss;
    }

    /** Images/s of this replica alone. */
    double trainFor(double seconds) {
      for (int step = 0; step < WARM_UP_STEPS; step++) {
        train();
      }
      long began = System.nanoTime();
      long done = 0;
      long nanos;
      do {
        train();
        done += images.size(0);
        nanos = System.nanoTime() - began;
      } while (nanos < seconds * 1e9);
      return done * 1e9 / nanos;
    }

    double infer() {
      if (inference == null) {
        replica.close();
        inference = compile(Purpose.INFERENCE);
      }
      inference.infer(graph.params(), images, probabilities);
      return Double.NaN;
    }

    private Plan compile(Purpose purpose) {
      PlanConfig config =
          new PlanConfig(
              (int) images.size(0),
              1,
              purpose,
              net.channels(),
              net.height(),
              net.width(),
              new EngineConfig(EngineConfig.Choice.ONEDNN, precision));
      return Engines.compile(graph.getConfiguration(), config);
    }
  }
}

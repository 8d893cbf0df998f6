package io.densespark.bench.densespark;

import io.densespark.bench.Net;
import io.densespark.bench.Peer;
import io.densespark.bench.Round;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;

/** DL4J's own execution: {@code ComputationGraph.fit} and {@code output}. */
public final class Dl4j implements Peer {

  private final ComputationGraph graph;
  private final INDArray images;
  private final INDArray labels;

  private Dl4j(Round round, Net net) {
    graph = new ComputationGraph(BenchGraphs.graph(net));
    graph.init();
    images = BenchGraphs.images(net, round.batch());
    labels = BenchGraphs.labels(net, round.batch());
  }

  /** Runs one round. */
  public static void main(String[] arguments) {
    Round.run(arguments, Dl4j::new);
  }

  @Override
  public int imagesPerCall() {
    return (int) images.size(0);
  }

  @Override
  public double train() {
    graph.fit(new INDArray[] {images}, new INDArray[] {labels});
    return graph.score();
  }

  @Override
  public void infer() {
    graph.output(images);
  }
}

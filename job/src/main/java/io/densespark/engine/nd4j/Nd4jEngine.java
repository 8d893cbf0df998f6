package io.densespark.engine.nd4j;

import io.densespark.engine.Engine;
import io.densespark.engine.EngineConfig;
import io.densespark.engine.EngineUnavailableException;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.UnsupportedGraphException;
import io.densespark.settings.CanonicalText;
import io.densespark.text.Text;
import java.util.Map;
import org.deeplearning4j.exception.DL4JException;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * The reference engine: runs DL4J's own {@link ComputationGraph}, so its gradient is DL4J's to the
 * bit. Any graph of float32 with one image input and one output layer compiles.
 *
 * <p>Dropout masks come from ND4J's generator of the calling thread, which is seeded with the
 * step's noise seed and afterwards put back where it stood. The masks are reproducible, but others
 * than those that another engine draws from the same seed. A plan counts no steps: schedules on the
 * probability of dropout stay at their first value.
 *
 * <p>ND4J's thread count is the process's, not a plan's: the plan compiled last decides.
 */
public final class Nd4jEngine implements Engine {

  @Override
  public EngineConfig.Choice choice() {
    return EngineConfig.Choice.ND4J;
  }

  @Override
  public Plan compile(ComputationGraphConfiguration graph, PlanConfig config) {
    if (config.engine().precision() != EngineConfig.Precision.FP32) {
      throw new EngineUnavailableException(
          Text.format(
              "The engine nd4j computes in fp32 only, precision is %s; set engine.precision to fp32, or engine.name to onednn on a processor with bf16",
              CanonicalText.of(config.engine().precision())),
          null);
    }
    long startNanos = System.nanoTime();
    // ComputationGraph writes into the configuration that it is given.
    ComputationGraphConfiguration own = graph.clone();
    requireOneImageInputAndOneOutput(own);
    long classes = requireClassesFor(own, config);
    setThreads(config.threads());
    ComputationGraph network = new ComputationGraph(own);
    network.init();
    return new Nd4jPlan(network, config, classes, instructionSet(), startNanos);
  }

  private static void requireOneImageInputAndOneOutput(ComputationGraphConfiguration graph) {
    if (graph.getNetworkInputs().size() != 1 || graph.getNetworkOutputs().size() != 1) {
      throw new UnsupportedGraphException(
          Text.format(
              "The graph has inputs %s and outputs %s; an engine takes exactly one of each",
              graph.getNetworkInputs(), graph.getNetworkOutputs()));
    }
    if (graph.getDataType() != DataType.FLOAT) {
      throw new UnsupportedGraphException(
          Text.format(
              "The graph computes in %s; engines take FLOAT: build it with dataType(DataType.FLOAT)",
              graph.getDataType()));
    }
    String output = graph.getNetworkOutputs().get(0);
    if (!(layer(graph.getVertices().get(output)) instanceof BaseOutputLayer)) {
      throw new UnsupportedGraphException(
          Text.format(
              "The output '%s' is a %s and has no loss; end the graph in an OutputLayer",
              output, graph.getVertices().get(output).getClass().getSimpleName()));
    }
  }

  /** Lets DL4J infer every shape, and refuses images that a layer was not built for. */
  private static long requireClassesFor(ComputationGraphConfiguration graph, PlanConfig config) {
    InputType images = InputType.convolutional(config.height(), config.width(), config.channels());
    ComputationGraphConfiguration inferred = graph.clone();
    Map<String, InputType> activations;
    try {
      activations = inferred.getLayerActivationTypes(true, true, images);
    } catch (DL4JException | IllegalStateException | IllegalArgumentException e) {
      throw new UnsupportedGraphException(
          Text.format("The graph does not take %s: %s", images, e.getMessage()));
    }
    for (String name : graph.getVertices().keySet()) {
      if (layer(graph.getVertices().get(name)) instanceof FeedForwardLayer built
          && layer(inferred.getVertices().get(name)) instanceof FeedForwardLayer needed
          && built.getNIn() != needed.getNIn()) {
        throw new UnsupportedGraphException(
            Text.format(
                "The layer '%s' takes %d inputs, but images of %s give it %d; compile for the images that the graph was built for",
                name, built.getNIn(), images, needed.getNIn()));
      }
    }
    return activations.get(graph.getNetworkOutputs().get(0)).arrayElementsPerExample();
  }

  private static Layer layer(GraphVertex vertex) {
    return vertex instanceof LayerVertex layerVertex ? layerVertex.getLayerConf().getLayer() : null;
  }

  private static void setThreads(int threads) {
    Nd4j.getEnvironment().setMaxThreads(threads);
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
  }

  private static String instructionSet() {
    String backend =
        Nd4j.getExecutioner().getEnvironmentInformation().getProperty("backend", "unknown");
    return "ND4J " + backend;
  }
}

package io.densespark.train;

import io.densespark.engine.DeviceModel;
import io.densespark.engine.DeviceUpdate;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;

/**
 * What turns a graph's flat gradient into an update of its parameters: the rule that its settings
 * and those of the training ask for, behind a clip of the gradient's norm.
 */
final class ModelUpdate {

  private final ComputationGraph graph;

  /** The graph's gradient as DL4J's updater takes it. */
  private final Gradient gradient;

  /** Null where every gradient keeps its length. */
  private final GradientClip clip;

  /** At most one of the two; where there is none DL4J's own updater does it. */
  private final FusedUpdater fused;

  private final LayerwiseUpdater layerwise;

  ModelUpdate(ComputationGraph graph, UpdateConfig config) {
    this.graph = graph;
    // DL4J's updater views the gradient that exists when it is made: it must come first.
    List<UpdaterBlock> blocks = graph.getUpdater().getUpdaterBlocks();
    this.gradient = new DefaultGradient(graph.getFlattenedGradients());
    for (UpdaterBlock block : blocks) {
      for (UpdaterBlock.ParamState part : block.getLayersAndVariablesInBlock()) {
        Trainable layer = part.getLayer();
        // Keyed as DL4J keys them; it clips per layer by these names.
        gradient.setGradientFor(
            layer.getConfig().getLayerName() + "_" + part.getParamName(), part.getGradView());
      }
    }
    this.clip =
        config.clipNorm() == 0
            ? null
            : new GradientClip(config.clipNorm(), ParameterRange.of(graph));
    if (config.layerwise() != UpdateConfig.Layerwise.NONE) {
      this.layerwise = new LayerwiseUpdater(graph, config);
      this.fused = null;
    } else {
      this.layerwise = null;
      this.fused = FusedUpdater.of(graph, config.momentumCorrection()).orElse(null);
      if (fused == null && config.momentumCorrection()) {
        throw new IllegalArgumentException(
            "momentum is corrected in float32 graphs that ask for nothing but SGD, Nesterovs or Adam and L2");
      }
    }
  }

  /** Takes the update off the parameters; the flat gradient is a sum over so many examples. */
  void apply(int step, int epoch, int examples) {
    if (clip != null) {
      clip.apply(FlatVectors.view(graph.getFlattenedGradients()), examples);
    }
    if (layerwise != null) {
      layerwise.apply(step, epoch, examples);
    } else if (fused != null) {
      fused.apply(step, epoch, examples);
    } else {
      graph
          .getUpdater()
          .update(gradient, step, epoch, examples, LayerWorkspaceMgr.noWorkspacesImmutable());
      graph.params().subi(graph.getFlattenedGradients());
      graph.applyConstraints(step, epoch);
    }
  }

  /** Whether devices can make it; what DL4J's updater does needs the vectors in this memory. */
  boolean runsOnDevices() {
    return fused != null || layerwise != null;
  }

  /** The same for a device. */
  DeviceUpdate onDevice(int step, int epoch, int examples) {
    double limit = clip == null ? 0 : clip.limit();
    return layerwise != null
        ? layerwise.onDevice(step, epoch, examples, limit)
        : fused.onDevice(step, epoch, examples, limit);
  }

  /**
   * By layer, what the last update was scaled by in LARS or LAMB; empty for other rules.
   *
   * @param device that has made it; null: this machine has
   */
  Map<String, Double> trustRatios(DeviceModel device) {
    if (layerwise == null) {
      return Map.of();
    }
    return device == null ? layerwise.trustRatios() : layerwise.trustRatios(device.trustRatios());
  }
}

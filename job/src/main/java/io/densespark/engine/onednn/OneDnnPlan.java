package io.densespark.engine.onednn;

import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.PlanConfig.Purpose;
import io.densespark.engine.PlanGuard;
import io.densespark.engine.PlanSummary;
import io.densespark.engine.graph.Graph;
import io.densespark.engine.graph.Shape;
import io.densespark.engine.plan.Element;
import io.densespark.engine.plan.Lowering;
import io.densespark.engine.plan.Passes;
import io.densespark.engine.plan.PlanOptions;
import io.densespark.engine.plan.PlanOptions.Optimization;
import io.densespark.engine.plan.Program;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A graph's executables for one purpose; see the package description for threads and tails. */
final class OneDnnPlan implements Plan {
  /** Images of a run of inference for each thread: enough to fill kernels, few enough for cache. */
  static final int CHUNK_IMAGES = 32;

  private final Library library;
  private final Graph graph;
  private final PlanConfig config;
  private final PlanOptions options;
  private final int classes;
  private final PlanGuard guard;
  private final Map<Purpose, Map<Integer, Executable>> executables = new EnumMap<>(Purpose.class);
  private final List<NativeBytes> arenas = new ArrayList<>();
  private final StepInputs inputs = new StepInputs();
  private final ParameterCopy inferredWith;
  private final RawPointer probabilitiesOut = new RawPointer();
  private final double compileMillis;
  private long version;
  private long inferenceVersion;

  OneDnnPlan(Library library, Graph graph, PlanConfig config, PlanOptions options) {
    this.library = library;
    this.graph = graph;
    this.config = config;
    this.options = options;
    this.classes = Math.toIntExact(((Shape.Row) graph.output().shape()).features());
    this.guard = new PlanGuard(config, graph.parameterCount(), classes);
    this.inferredWith = new ParameterCopy(graph.parameterCount());
    long start = System.nanoTime();
    try {
      executable(config.purpose(), largestRun(config.purpose(), config.batchSize()));
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    this.compileMillis = (System.nanoTime() - start) / 1e6;
  }

  @Override
  public PlanConfig config() {
    return config;
  }

  @Override
  public long parameterCount() {
    return graph.parameterCount();
  }

  @Override
  public double gradient(
      INDArray parameters, INDArray features, INDArray labels, INDArray gradient, long noiseSeed) {
    int images = guard.admitGradient(parameters, features, labels, gradient);
    inputs.parameters = address(parameters);
    inputs.parametersVersion = ++version;
    inputs.gradient = address(gradient);
    inputs.labels = address(labels);
    setFeatures(features);
    inputs.noiseSeed = noiseSeed;
    executable(Purpose.TRAINING, images).run(inputs);
    return inputs.meanLoss;
  }

  @Override
  public void infer(INDArray parameters, INDArray features, INDArray probabilities) {
    int images = guard.admitInference(parameters, features, probabilities);
    inputs.parameters = address(parameters);
    if (!options.uses(Optimization.KEEP_WEIGHTS) || inferredWith.update(inputs.parameters)) {
      inferenceVersion = ++version;
    }
    inputs.parametersVersion = inferenceVersion;
    setFeatures(features);
    long imageBytes = features.length() / images * features.dataType().width();
    long target = address(probabilities);
    int largest = largestRun(Purpose.INFERENCE, images);
    for (int done = 0; done < images; done += largest) {
      int now = Math.min(largest, images - done);
      Executable executable = executable(Purpose.INFERENCE, now);
      executable.run(inputs);
      Pointer.memcpy(probabilitiesOut.at(target), executable.output(), executable.outputBytes());
      inputs.features += now * imageBytes;
      target += executable.outputBytes();
    }
  }

  /** The most images that one run of a program takes of a call's. */
  private int largestRun(Purpose purpose, int images) {
    return purpose == Purpose.INFERENCE && options.uses(Optimization.CHUNK_INFERENCE)
        ? Math.min(images, config.threads() * CHUNK_IMAGES)
        : images;
  }

  private void setFeatures(INDArray features) {
    inputs.featuresAreBytes = features.dataType() == DataType.UINT8;
    inputs.features = address(features);
  }

  /** Address of the first element; {@link PlanGuard} has seen to it that the others follow. */
  private static long address(INDArray array) {
    return array.data().address() + array.offset() * array.dataType().width();
  }

  private Executable executable(Purpose purpose, int images) {
    library.useThreads(config.threads());
    return executables
        .computeIfAbsent(purpose, p -> new HashMap<>())
        .computeIfAbsent(images, n -> compile(purpose, n));
  }

  private Executable compile(Purpose purpose, int images) {
    Graph prepared = Passes.apply(graph, purpose, options);
    Program program =
        Lowering.lower(
            prepared,
            images,
            library.block(),
            Element.of(config.engine().precision()),
            purpose,
            options,
            new KernelChooser(library, options.uses(Optimization.WINOGRAD)));
    return new Executable(library, program, options.uses(Optimization.REUSE_MEMORY), this::arena);
  }

  /** Address of an arena of at least so many bytes: the largest there is, or a new one. */
  private long arena(long bytes) {
    for (NativeBytes arena : arenas) {
      if (arena.bytes() >= bytes) {
        return arena.address();
      }
    }
    NativeBytes arena = NativeBytes.zeroed(Math.max(1, bytes));
    arenas.add(arena);
    return arena.address();
  }

  @Override
  public PlanSummary summary() {
    long bytes = arenas.stream().mapToLong(NativeBytes::bytes).sum();
    for (Map<Integer, Executable> some : executables.values()) {
      bytes += some.values().stream().mapToLong(Executable::ownBytes).sum();
    }
    bytes += inferredWith.ownBytes();
    return new PlanSummary("onednn", library.instructionSet(), bytes, compileMillis);
  }

  @Override
  public void close() {
    guard.close();
    executables.values().forEach(some -> some.values().forEach(Executable::close));
    executables.clear();
    inferredWith.close();
    arenas.forEach(NativeBytes::close);
    arenas.clear();
  }
}

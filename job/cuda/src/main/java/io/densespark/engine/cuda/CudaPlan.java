package io.densespark.engine.cuda;

import com.sun.jna.Pointer;
import io.densespark.engine.DeviceModel;
import io.densespark.engine.EngineConfig.Precision;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.PlanConfig.Purpose;
import io.densespark.engine.PlanGuard;
import io.densespark.engine.PlanSummary;
import io.densespark.engine.graph.Graph;
import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Shape;
import io.densespark.engine.plan.ConvolutionChooser;
import io.densespark.engine.plan.Element;
import io.densespark.engine.plan.Lowering;
import io.densespark.engine.plan.Passes;
import io.densespark.engine.plan.PlanOptions;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A graph's executables on a device. Everything is copied to and from it through memory that it
 * reads and writes without the processor's help.
 */
final class CudaPlan implements Plan {
  /** The kernels' layout: channels outermost, in blocks of one. */
  private static final int BLOCK = 1;

  private static final PlanOptions OPTIONS = PlanOptions.all();

  private final Device device;
  private final Kernels kernels;
  private final Graph graph;
  private final PlanConfig config;
  private final PlanGuard guard;
  private final String description;
  private final Addresses.Arrays arrays;
  private final Batches batches;
  private final Pointer loss;
  private final VectorStaging vectors;
  private final Map<Purpose, Map<Integer, Executable>> executables = new EnumMap<>(Purpose.class);
  private final TreeMap<Long, Long> arenas = new TreeMap<>();
  private final double compileMillis;

  CudaPlan(Libraries libraries, Graph graph, PlanConfig config) {
    long start = System.nanoTime();
    this.graph = graph;
    this.config = config;
    int classes = Math.toIntExact(((Shape.Row) graph.output().shape()).features());
    this.guard = new PlanGuard(config, graph.parameterCount(), classes);
    this.device = new Device(libraries.driver(), config.device() == null ? "0" : config.device());
    try {
      Precision precision = config.engine().precision();
      if (precision != Precision.FP32) {
        device.requireTensorCores(precision);
      }
      this.kernels = new Kernels(libraries.compiler(), device, precision);
      this.description =
          String.join(
              ", ",
              device.architecture(),
              device.description(),
              Kernels.version(libraries.compiler()));
      long dropouts = graph.nodes().stream().filter(n -> n.op() instanceof Op.Dropout).count();
      long batch = config.batchSize();
      long features = batch * config.channels() * config.height() * config.width();
      this.arrays =
          new Addresses.Arrays(
              device.allocate(Float.BYTES * graph.parameterCount()),
              device.allocate(Float.BYTES * graph.parameterCount()),
              device.allocate(Batches.tableBytes(dropouts)),
              device.allocate(Double.BYTES * batch),
              device.allocate(Double.BYTES));
      this.batches = new Batches(device, features, batch * classes, dropouts, arrays.inputs());
      this.loss = device.allocateHost(Double.BYTES);
      this.vectors = new VectorStaging(device, graph.parameterCount());
      executable(config.purpose(), config.batchSize());
    } catch (RuntimeException | Error e) {
      device.close();
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
    guard.admitGradient(parameters, features, labels, gradient);
    device.use();
    vectors.upload(arrays.parameters(), floats(parameters));
    begin(batches.stage(features, labels), noiseSeed);
    double mean = loss();
    vectors.download(floats(gradient), arrays.gradient());
    return mean;
  }

  @Override
  public Optional<DeviceModel> deviceModel(
      int updaterState, boolean averaged, List<DeviceModel.Range> statistics) {
    device.use();
    return Optional.of(
        new CudaModel(this, device, kernels, vectors, arrays, updaterState, averaged, statistics));
  }

  /** See {@link DeviceModel}. */
  Batches.Place stage(INDArray features, INDArray labels) {
    guard.admitBatch(features, labels);
    device.use();
    return batches.stage(features, labels);
  }

  void begin(Batches.Place batch, long noiseSeed) {
    batches.start(batch, executable(Purpose.TRAINING, batch.images()), noiseSeed);
    device.compute().download(loss, arrays.meanLoss(), Double.BYTES);
  }

  double loss() {
    device.use();
    device.compute().await();
    return loss.getDouble(0);
  }

  @Override
  public void infer(INDArray parameters, INDArray features, INDArray probabilities) {
    int images = guard.admitInference(parameters, features, probabilities);
    Executable executable = executable(Purpose.INFERENCE, images);
    vectors.upload(arrays.parameters(), floats(parameters));
    batches.start(batches.stage(features, null), executable, 0);
    vectors.download(floats(probabilities), executable.output());
  }

  /** The first element; {@link PlanGuard} has seen to it that the others follow. */
  static Pointer pointer(INDArray array) {
    return new Pointer(array.data().address() + array.offset() * array.dataType().width());
  }

  private static FloatBuffer floats(INDArray array) {
    return pointer(array)
        .getByteBuffer(0, Float.BYTES * array.length())
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  private Executable executable(Purpose purpose, int images) {
    device.use();
    return executables
        .computeIfAbsent(purpose, p -> new HashMap<>())
        .computeIfAbsent(images, n -> compile(purpose, n));
  }

  private Executable compile(Purpose purpose, int images) {
    Element pixels = Element.of(config.engine().precision());
    return new Executable(
        device,
        kernels,
        Lowering.lower(
            Passes.apply(graph, purpose, OPTIONS),
            images,
            BLOCK,
            pixels,
            purpose,
            OPTIONS,
            ConvolutionChooser.IN_PLACE),
        arrays,
        pixels,
        this::arena);
  }

  /** Address of an arena of at least so many bytes: one there is, or a new one. */
  private long arena(long bytes) {
    Map.Entry<Long, Long> large = arenas.ceilingEntry(bytes);
    if (large == null) {
      arenas.put(bytes, device.allocate(bytes));
      large = arenas.ceilingEntry(bytes);
    }
    return large.getValue();
  }

  @Override
  public PlanSummary summary() {
    return new PlanSummary("cuda", description, device.bytes(), compileMillis);
  }

  @Override
  public void close() {
    if (guard.close()) {
      device.close();
    }
  }
}

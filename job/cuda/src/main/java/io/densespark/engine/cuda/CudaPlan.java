package io.densespark.engine.cuda;

import com.sun.jna.Pointer;
import io.densespark.engine.DeviceModel;
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
import io.densespark.random.KeyedRandom;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A graph's executables on a device. Each call copies parameters, features and labels to the device
 * and the result back, through memory that the device reads without the processor's help.
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
  private final Pointer staging;
  private final long stagingBytes;
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
      this.kernels = new Kernels(libraries.compiler(), device);
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
              device.allocate(Float.BYTES * features),
              device.allocate(Float.BYTES * batch * classes),
              device.allocate(Long.BYTES * (1 + dropouts)),
              device.allocate(Double.BYTES * batch),
              device.allocate(Double.BYTES));
      this.stagingBytes =
          Float.BYTES * (features + batch * classes) + Long.BYTES * (1 + dropouts) + 3 * Long.BYTES;
      this.staging = device.allocateHost(stagingBytes);
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
    double loss = compute(features, labels, noiseSeed);
    vectors.download(floats(gradient), arrays.gradient());
    return loss;
  }

  @Override
  public Optional<DeviceModel> deviceModel(int updaterState, boolean averaged) {
    device.use();
    return Optional.of(
        new CudaModel(this, device, kernels, vectors, arrays, updaterState, averaged));
  }

  /** A gradient at the parameters on the device, which stays there. */
  double gradientHere(INDArray features, INDArray labels, long noiseSeed) {
    guard.admitBatch(features, labels);
    return compute(features, labels, noiseSeed);
  }

  private double compute(INDArray features, INDArray labels, long noiseSeed) {
    Executable executable = executable(Purpose.TRAINING, (int) features.size(0));
    long end = uploadInputs(0, features, noiseSeed, executable.dropoutStreams());
    end = upload(end, features, arrays.features());
    upload(end, labels, arrays.labels());
    executable.start();
    // What was uploaded has left the staging memory by the time that this arrives there.
    device.download(staging, arrays.meanLoss(), Double.BYTES);
    device.await();
    return staging.getDouble(0);
  }

  @Override
  public void infer(INDArray parameters, INDArray features, INDArray probabilities) {
    int images = guard.admitInference(parameters, features, probabilities);
    Executable executable = executable(Purpose.INFERENCE, images);
    vectors.upload(arrays.parameters(), floats(parameters));
    long end = uploadInputs(0, features, 0, List.of());
    upload(end, features, arrays.features());
    executable.start();
    vectors.download(floats(probabilities), executable.output());
  }

  /** Writes what differs from call to call; returns the end of it in the staging memory. */
  private long uploadInputs(long start, INDArray features, long noiseSeed, List<Integer> streams) {
    staging.setLong(start, features.dataType() == DataType.UINT8 ? 1 : 0);
    long end = start + Long.BYTES;
    for (int stream : streams) {
      staging.setLong(end, KeyedRandom.mix(noiseSeed + 0x9E3779B97F4A7C15L * (stream + 1)));
      end += Long.BYTES;
    }
    device.upload(arrays.inputs(), staging.share(start), end - start);
    return end;
  }

  private long upload(long start, INDArray array, long target) {
    long bytes = array.length() * array.dataType().width();
    copy(pointer(array), staging.share(start), bytes);
    device.upload(target, staging.share(start), bytes);
    return (start + bytes + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
  }

  private static void copy(Pointer src, Pointer dst, long bytes) {
    for (long done = 0; done < bytes; done += Integer.MAX_VALUE) {
      long now = Math.min(Integer.MAX_VALUE, bytes - done);
      dst.getByteBuffer(done, now).put(src.getByteBuffer(done, now));
    }
  }

  /** The first element; {@link PlanGuard} has seen to it that the others follow. */
  private static Pointer pointer(INDArray array) {
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
    return new Executable(
        device,
        kernels,
        Lowering.lower(
            Passes.apply(graph, purpose, OPTIONS),
            images,
            BLOCK,
            Element.FLOAT32,
            purpose,
            OPTIONS,
            ConvolutionChooser.IN_PLACE),
        arrays,
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
    return new PlanSummary("cuda", description, device.bytes() + stagingBytes, compileMillis);
  }

  @Override
  public void close() {
    if (guard.close()) {
      device.close();
    }
  }
}

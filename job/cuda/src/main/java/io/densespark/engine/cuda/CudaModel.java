package io.densespark.engine.cuda;

import static io.densespark.engine.cuda.Addresses.ABSENT;
import static io.densespark.engine.cuda.Launch.blocks;
import static io.densespark.engine.cuda.Launch.each;

import com.sun.jna.Pointer;
import io.densespark.engine.DeviceModel;
import io.densespark.engine.DeviceUpdate;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The vectors of a plan's model on its device, and the update there. */
final class CudaModel implements DeviceModel {

  /** Blocks that add up the squares of a gradient; part of the order of the sum. */
  private static final int NORM_BLOCKS = 128;

  /** Bytes of a run as the kernels have it. */
  private static final int RUN_BYTES = 64;

  private static final int COEFFICIENTS = 4;

  private final CudaPlan plan;
  private final Device device;
  private final Kernels kernels;
  private final VectorStaging staging;
  private final long parameterCount;
  private final Map<Vector, Long> addresses = new EnumMap<>(Vector.class);
  private final long partialSquares;
  private final long factor;

  /** The runs of the update last made, here and on the device. */
  private Pointer runsHere;

  private long runs;
  private int mostRuns;

  CudaModel(
      CudaPlan plan,
      Device device,
      Kernels kernels,
      VectorStaging staging,
      Addresses.Arrays arrays,
      int updaterState,
      boolean averaged) {
    this.plan = plan;
    this.device = device;
    this.kernels = kernels;
    this.staging = staging;
    this.parameterCount = plan.parameterCount();
    addresses.put(Vector.PARAMETERS, arrays.parameters());
    addresses.put(Vector.GRADIENT, arrays.gradient());
    addresses.put(Vector.UPDATER_STATE, device.allocate((long) Float.BYTES * updaterState));
    if (averaged) {
      addresses.put(Vector.AVERAGE, device.allocate(Float.BYTES * parameterCount));
    }
    this.partialSquares = device.allocate(Double.BYTES * NORM_BLOCKS);
    this.factor = device.allocate(Float.BYTES);
  }

  @Override
  public void upload(Vector vector, FloatBuffer values) {
    device.use();
    staging.upload(addresses.get(vector), values);
  }

  @Override
  public void download(Vector vector, FloatBuffer values) {
    device.use();
    staging.download(values, addresses.get(vector));
  }

  @Override
  public Batch stage(INDArray features, INDArray labels) {
    return plan.stage(features, labels);
  }

  @Override
  public void begin(Batch batch, long noiseSeed) {
    plan.begin((Batches.Place) batch, noiseSeed);
  }

  @Override
  public double loss() {
    return plan.loss();
  }

  @Override
  public void update(DeviceUpdate update) {
    device.use();
    int count = update.runs().size();
    uploadRuns(update.runs());
    long gradient = addresses.get(Vector.GRADIENT);
    boolean clips = update.clipNorm() > 0;
    if (clips) {
      kernels.launch(
          blocks(
              "squareGradient",
              NORM_BLOCKS,
              partialSquares,
              gradient,
              runs,
              count,
              parameterCount));
      kernels.launch(
          blocks(
              "clipFactor",
              1,
              factor,
              partialSquares,
              NORM_BLOCKS,
              update.clipNorm(),
              update.examples()));
    }
    kernels.launch(
        each(
            "update",
            parameterCount,
            addresses.get(Vector.PARAMETERS),
            addresses.get(Vector.UPDATER_STATE),
            gradient,
            runs,
            count,
            clips ? factor : ABSENT,
            update.examples(),
            parameterCount));
  }

  private void uploadRuns(List<DeviceUpdate.Run> wanted) {
    // The last update has read its runs by then.
    device.compute().await();
    if (wanted.size() > mostRuns) {
      mostRuns = wanted.size();
      runs = device.allocate((long) RUN_BYTES * mostRuns);
      runsHere = device.allocateHost((long) RUN_BYTES * mostRuns);
    }
    int bytes = RUN_BYTES * wanted.size();
    ByteBuffer buffer = runsHere.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
    for (DeviceUpdate.Run run : wanted) {
      members(run).forEach(member -> Arguments.put(buffer, member));
    }
    device.compute().upload(runs, runsHere, bytes);
  }

  private static List<Object> members(DeviceUpdate.Run run) {
    List<Object> members =
        new ArrayList<>(
            List.of(
                (long) run.start(),
                (long) run.end(),
                (long) run.state(),
                (long) run.stateStride(),
                run.rule().ordinal(),
                run.divided() ? 1 : 0,
                run.clipped() ? 1 : 0,
                run.l2()));
    for (int i = 0; i < COEFFICIENTS; i++) {
      members.add(i < run.coefficients().size() ? run.coefficients().get(i) : 0f);
    }
    return members;
  }

  @Override
  public void follow(float weight) {
    device.use();
    kernels.launch(
        each(
            "follow",
            parameterCount,
            addresses.get(Vector.AVERAGE),
            addresses.get(Vector.PARAMETERS),
            weight,
            parameterCount));
  }
}

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The vectors of a plan's model on its device, and the update there. */
final class CudaModel implements DeviceModel {

  /** Blocks that add up the squares of a gradient; part of the order of the sum. */
  private static final int NORM_BLOCKS = 128;

  /** Bytes of a run as the kernels have it. */
  private static final int RUN_BYTES = 88;

  private static final int COEFFICIENTS = 6;

  private final CudaPlan plan;
  private final Device device;
  private final Kernels kernels;
  private final VectorStaging staging;
  private final long parameterCount;
  private final Map<Stored, Long> addresses = new HashMap<>();
  private final long statistics;
  private final int statisticsCount;
  private final long partialSquares;
  private final Pointer partialSquaresHere;
  private final long factor;

  /** The runs of the update last made, here and on the device. */
  private Pointer runsHere;

  private long runs;
  private int mostRuns;

  /** The trust ratios of its runs. */
  private long ratios;

  private Pointer ratiosHere;
  private int ratioCount;

  CudaModel(
      CudaPlan plan,
      Device device,
      Kernels kernels,
      VectorStaging staging,
      Addresses.Arrays arrays,
      int updaterState,
      boolean averaged,
      List<Range> statistics) {
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
    List<List<Object>> rows = new ArrayList<>();
    statistics.forEach(range -> rows.add(List.of((long) range.start(), (long) range.end())));
    this.statistics = new Tables(device).rows(rows);
    this.statisticsCount = rows.size();
    this.partialSquares = device.allocate(Double.BYTES * NORM_BLOCKS);
    this.partialSquaresHere = device.allocateHost(Double.BYTES * NORM_BLOCKS);
    this.factor = device.allocate(Float.BYTES);
  }

  @Override
  public void upload(Vector vector, FloatBuffer values) {
    device.use();
    staging.upload(addresses.get(vector), values);
  }

  @Override
  public void download(Stored vector, FloatBuffer values) {
    device.use();
    staging.download(values, addresses.get(vector));
  }

  @Override
  public void reserve(int sums) {
    device.use();
    for (int i = 0; i < sums; i++) {
      addresses.computeIfAbsent(new Sum(i), sum -> device.allocate(Float.BYTES * parameterCount));
    }
  }

  @Override
  public void copy(Stored from, Stored to) {
    forEachParameter("copyVector", addresses.get(to), addresses.get(from));
  }

  @Override
  public void add(Stored values, Stored sum) {
    forEachParameter("addVector", addresses.get(sum), addresses.get(values));
  }

  @Override
  public void scaleStatistics(float factor) {
    if (statisticsCount > 0) {
      device.use();
      kernels.launch(
          blocks(
              "scaleRanges", statisticsCount, addresses.get(Vector.GRADIENT), statistics, factor));
    }
  }

  @Override
  public double squaredLength() {
    device.use();
    squareGradient();
    device.compute().download(partialSquaresHere, partialSquares, Double.BYTES * NORM_BLOCKS);
    device.compute().await();
    double sum = 0;
    for (double part : partialSquaresHere.getDoubleArray(0, NORM_BLOCKS)) {
      sum += part;
    }
    return sum;
  }

  private void squareGradient() {
    kernels.launch(
        blocks(
            "squareGradient",
            NORM_BLOCKS,
            partialSquares,
            addresses.get(Vector.GRADIENT),
            statistics,
            statisticsCount,
            parameterCount));
  }

  private void forEachParameter(String kernel, Object... arguments) {
    device.use();
    List<Object> all = new ArrayList<>(List.of(arguments));
    all.add(parameterCount);
    kernels.launch(each(kernel, parameterCount, all.toArray()));
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
    uploadRuns(update.runs());
    boolean clips = update.clipNorm() > 0;
    if (clips) {
      squareGradient();
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
    if (update.runs().stream().anyMatch(run -> run.trust() != 0)) {
      ratioCount = update.runs().size();
      kernels.launch(
          blocks(
              "trustRatio",
              ratioCount,
              ratios,
              addresses.get(Vector.PARAMETERS),
              addresses.get(Vector.UPDATER_STATE),
              addresses.get(Vector.GRADIENT),
              runs,
              clips ? factor : ABSENT,
              update.examples()));
    }
    forEachParameter(
        "update",
        addresses.get(Vector.PARAMETERS),
        addresses.get(Vector.UPDATER_STATE),
        addresses.get(Vector.GRADIENT),
        runs,
        update.runs().size(),
        ratios,
        clips ? factor : ABSENT,
        update.examples());
  }

  private void uploadRuns(List<DeviceUpdate.Run> wanted) {
    // The last update has read its runs by then.
    device.compute().await();
    if (wanted.size() > mostRuns) {
      mostRuns = wanted.size();
      runs = device.allocate((long) RUN_BYTES * mostRuns);
      runsHere = device.allocateHost((long) RUN_BYTES * mostRuns);
      ratios = device.allocate((long) Double.BYTES * mostRuns);
      ratiosHere = device.allocateHost((long) Double.BYTES * mostRuns);
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
                run.l2(),
                run.trust(),
                run.rule().ordinal(),
                run.divided() ? 1 : 0,
                run.clipped() ? 1 : 0));
    for (int i = 0; i < COEFFICIENTS; i++) {
      members.add(i < run.coefficients().size() ? run.coefficients().get(i) : 0f);
    }
    return members;
  }

  @Override
  public double[] trustRatios() {
    if (ratioCount == 0) {
      return new double[0];
    }
    device.use();
    device.compute().download(ratiosHere, ratios, (long) Double.BYTES * ratioCount);
    device.compute().await();
    return ratiosHere.getDoubleArray(0, ratioCount);
  }

  @Override
  public void follow(float weight) {
    forEachParameter(
        "follow", addresses.get(Vector.AVERAGE), addresses.get(Vector.PARAMETERS), weight);
  }
}

package io.densespark.job.verb;

import io.densespark.config.RunConfig;
import io.densespark.engine.Engines;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.Job;
import io.densespark.job.JobException;
import io.densespark.job.RunDisplay;
import io.densespark.metrics.Machine;
import io.densespark.model.DenseNetGraph;
import io.densespark.settings.CanonicalText;
import io.densespark.storage.Json;
import io.densespark.sync.slot.SlotMemory;
import io.densespark.text.Text;
import io.densespark.train.LearningRateSchedule;
import io.densespark.train.Optimizers;
import io.densespark.train.StepCounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Says what a driver and executors of a run need, counted from its plan, which is compiled here and
 * not run.
 *
 * @param slots cores of Spark's in all executors together; empty: one a replica, or what this
 *     machine has
 * @param cores of one executor
 * @param json whether JSON is shown
 */
public record SizeJob(
    RunConfig config, RunDisplay display, OptionalInt slots, int cores, boolean json)
    implements Job {

  /** Images of the published data set, where the settings take all. */
  private static final int TRAINING_IMAGES = 60_000;

  private static final int TEST_IMAGES = 10_000;
  private static final int CLASSES = 10;

  /** Copies of a state that a slot holds: the one it began from, the one kept, the one sent. */
  private static final int STATES_OF_A_SLOT = 3;

  /** Of the images that a driver reads: themselves, cut into shards, and on their way. */
  private static final int COPIES_OF_IMAGES = 4;

  /** Of the values that executors exchange: sent, received and summed, in two branches each. */
  private static final int EXCHANGED = 6;

  /**
   * The answer.
   *
   * @param parameters of the net
   * @param planBytes of a slot's plans, for training and for evaluation
   * @param settings of Spark's, for both kinds of processes
   */
  private record Sizes(
      String model,
      long parameters,
      String engine,
      String precision,
      int batchSize,
      int replicas,
      int localBatch,
      int slots,
      int executors,
      long planBytes,
      ProcessSize driver,
      ProcessSize executor,
      Map<String, String> settings) {}

  /** Of the net in training: values of its flat vectors, and bytes of a slot's plans. */
  private record Net(long parameters, long updaterState, String engine, long planBytes) {
    long stateBytes() {
      return (parameters + updaterState) * Float.BYTES;
    }

    /** Parameters, gradient and updater state. */
    long vectorBytes() {
      return stateBytes() + parameters * Float.BYTES;
    }
  }

  public SizeJob {
    int classes = config.model().classes().orElse(CLASSES);
    config = config.with(config.data(), config.model().withClasses(classes));
  }

  @Override
  public ExitCode run() {
    Sizes sizes = sizes();
    if (json) {
      display.message(Json.text(sizes));
    } else {
      show(sizes);
    }
    return ExitCode.SUCCESS;
  }

  @Override
  public boolean onlyShows() {
    return true;
  }

  private Sizes sizes() {
    int images = config.data().trainLimit().orElse(TRAINING_IMAGES);
    int batch = config.train().batchSize();
    int allSlots = slots.orElse(config.sync().replicas().orElse(Machine.ofThisProcess().cores()));
    int replicas =
        config.sync().replicas().orElseGet(() -> StepCounts.replicas(allSlots, images, batch));
    int busy = Math.min(allSlots, replicas);
    int executors = ceilDivide(busy, cores);
    int localBatch = StepCounts.localBatch(batch, replicas);
    Net net = net(localBatch);
    ProcessSize executor = executor(net, images, replicas, busy, localBatch);
    ProcessSize driver = driver(net, images);
    Map<String, String> settings = new TreeMap<>(executor.settings("spark.executor"));
    settings.putAll(driver.settings("spark.driver"));
    settings.put("spark.executor.instances", Integer.toString(executors));
    settings.put("spark.executorEnv.OMP_NUM_THREADS", "1");
    return new Sizes(
        config.model().name(),
        net.parameters(),
        net.engine(),
        CanonicalText.of(config.engine().precision()),
        batch,
        replicas,
        localBatch,
        allSlots,
        executors,
        net.planBytes(),
        driver,
        executor,
        settings);
  }

  private ProcessSize executor(Net net, int images, int replicas, int busySlots, int localBatch) {
    int ranksOfSlot = ceilDivide(replicas, busySlots);
    int ranks = Math.min(replicas, ranksOfSlot * cores);
    long sums =
        SlotMemory.bytes(
            config.sync().mode(),
            config.sync().averageUpdater(),
            config.sync().wireFormat(),
            config.train().update(),
            ranksOfSlot,
            net.parameters(),
            net.updaterState());
    long examples = (long) ceilDivide(images + testImages(), replicas) * ranks;
    long batches = localBatch + config.evaluation().batchSize();
    return ProcessSize.of(
        cores,
        cores,
        cores * (sums + STATES_OF_A_SLOT * net.stateBytes())
            + net.stateBytes()
            + examples * imageBytes(),
        cores * (net.planBytes() + net.vectorBytes() + batches * exampleBytes())
            + examples * exampleBytes(),
        EXCHANGED * net.parameters() * Float.BYTES);
  }

  /** It keeps the images, DL4J's graph and the states that it saves. */
  private ProcessSize driver(Net net, int images) {
    return ProcessSize.of(
        1,
        0,
        COPIES_OF_IMAGES * (images + testImages()) * imageBytes()
            + 2 * STATES_OF_A_SLOT * net.stateBytes(),
        2 * net.vectorBytes(),
        0);
  }

  private int channels() {
    return config.data().channels().orElse(1);
  }

  private int testImages() {
    return config.data().testLimit().orElse(TEST_IMAGES);
  }

  private long imageBytes() {
    return (long) channels() * side() * side();
  }

  /** An image and its label. */
  private long exampleBytes() {
    return imageBytes() + (long) config.model().classes().orElseThrow() * Float.BYTES;
  }

  /** The largest of the run. */
  private int side() {
    return IntStream.concat(
            IntStream.of(config.data().imageSize()),
            config.data().progressiveSizes().stream().mapToInt(size -> size))
        .max()
        .orElseThrow();
  }

  private Net net(int localBatch) {
    ComputationGraphConfiguration graph =
        DenseNetGraph.configuration(
            config.model(),
            channels(),
            side(),
            side(),
            Optimizers.updater(
                config.train().optimizer(),
                LearningRateSchedule.of(
                    config.train().schedule(),
                    config.train().optimizer().learningRate(),
                    1,
                    config.train().epochs())),
            config.train().l2(),
            config.train().seed());
    long bytes;
    String engine;
    try (Plan training = plan(graph, localBatch, PlanConfig.Purpose.TRAINING);
        Plan inference =
            plan(graph, config.evaluation().batchSize(), PlanConfig.Purpose.INFERENCE)) {
      engine = training.summary().engine();
      bytes = training.summary().arenaBytes() + inference.summary().arenaBytes();
    }
    if (bytes == 0) {
      throw new JobException(
          ExitCode.PREFLIGHT,
          Text.format(
              "the engine %s does not know what memory it will take: run this on a machine with"
                  + " engine onednn, or measure a run of one epoch",
              engine),
          null);
    }
    ComputationGraph made = new ComputationGraph(graph);
    made.init();
    // Plain SGD has none.
    INDArray state = made.getUpdater().getStateViewArray();
    return new Net(made.numParams(), state == null ? 0 : state.length(), engine, bytes);
  }

  private Plan plan(ComputationGraphConfiguration graph, int batch, PlanConfig.Purpose purpose) {
    return Engines.compile(
        graph,
        new PlanConfig(batch, 1, purpose, channels(), side(), side(), config.engine())
            .onFirstDevice());
  }

  private void show(Sizes sizes) {
    display.message(
        Text.format(
            "%s, %,d parameters, batch %d: %d replicas of %d images on %d slots",
            sizes.model(),
            sizes.parameters(),
            sizes.batchSize(),
            sizes.replicas(),
            sizes.localBatch(),
            sizes.slots()));
    display.message(
        Text.format(
            "counted for %,d training and %,d test images of %d channel(s) and %d classes; for"
                + " other data set data.train-limit, data.test-limit, data.channels and"
                + " model.classes",
            config.data().trainLimit().orElse(TRAINING_IMAGES),
            testImages(),
            channels(),
            config.model().classes().orElse(CLASSES)));
    List<List<String>> rows = new ArrayList<>();
    rows.add(row("driver", 1, sizes.driver()));
    rows.add(row("executor", sizes.executors(), sizes.executor()));
    display.table(
        "What processes need, in MB",
        List.of(
            "process", "number", "cores", "threads", "heap", "tensors", "overhead", "container"),
        rows);
    display.message("");
    sizes.settings().forEach((key, value) -> display.message(key + " " + value));
  }

  private static List<String> row(String name, int number, ProcessSize size) {
    List<String> row = new ArrayList<>(List.of(name));
    for (long figure :
        new long[] {
          number,
          size.cores(),
          size.threads(),
          size.heapMegabytes(),
          size.nativeMegabytes(),
          size.overheadMegabytes(),
          size.totalMegabytes()
        }) {
      row.add(Long.toString(figure));
    }
    return row;
  }

  private static int ceilDivide(int a, int b) {
    return (a + b - 1) / b;
  }
}

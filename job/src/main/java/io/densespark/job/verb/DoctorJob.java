package io.densespark.job.verb;

import io.densespark.config.RunConfig;
import io.densespark.data.DataConfig;
import io.densespark.data.DataException;
import io.densespark.data.FashionMnist;
import io.densespark.engine.Engines;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.Inputs;
import io.densespark.job.Job;
import io.densespark.job.JobException;
import io.densespark.job.RunDisplay;
import io.densespark.job.SparkConnection;
import io.densespark.metrics.Machine;
import io.densespark.model.DenseNetGraph;
import io.densespark.model.DenseNetSpec;
import io.densespark.storage.Store;
import io.densespark.text.Text;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.nd4j.linalg.learning.config.Sgd;

/** Checks what a run needs, one thing after the other, and says what to do about each. */
public record DoctorJob(RunConfig config, RunDisplay display) implements Job {

  private static final long ENOUGH_HEAP = 1L << 30;
  private static final String SPARK_ADVICE =
      "check --master, and that the cluster has free cores and memory";

  @Override
  public ExitCode run() {
    boolean passed =
        check("Java", "install a JDK 17 and set JAVA_HOME", DoctorJob::java)
            & check("memory", "raise -Xmx (DENSESPARK_JAVA_OPTIONS=-Xmx4g)", DoctorJob::memory)
            & check("engine", "set engine.name=nd4j, or see the message", this::engine)
            & check(
                "data", "set data.path, or install the package dataset-fashion-mnist", this::data)
            & check("output", "choose another --output", this::output)
            & check("Spark", SPARK_ADVICE, this::spark);
    return passed ? ExitCode.SUCCESS : ExitCode.PREFLIGHT;
  }

  @Override
  public boolean onlyShows() {
    return true;
  }

  private boolean check(String name, String advice, Callable<String> look) {
    try {
      display.check(RunDisplay.CheckState.PASSED, name, look.call(), Optional.empty());
      return true;
    } catch (Exception | LinkageError | OutOfMemoryError e) {
      // A job's own refusal says what to do.
      display.check(
          RunDisplay.CheckState.FAILED,
          name,
          String.valueOf(e.getMessage()),
          e instanceof JobException ? Optional.empty() : Optional.of(advice));
      return false;
    }
  }

  private static String java() {
    int feature = Runtime.version().feature();
    if (feature != 17) {
      throw new IllegalStateException(Text.format("Java %d runs, 17 is wanted", feature));
    }
    return System.getProperty("java.vm.version");
  }

  private static String memory() {
    return memory(Runtime.getRuntime().maxMemory(), Machine.ofThisProcess());
  }

  /** Tensors live outside the heap, which is to have a quarter of what there is. */
  static String memory(long heap, Machine machine) {
    String have =
        Text.format(
            "the heap may grow to %d MB, the machine or container has %d MB",
            heap >> 20, machine.memoryBytes() >> 20);
    if (heap > machine.memoryBytes()) {
      throw refusal(have, "lower -Xmx to a quarter of it, as tensors live outside the heap");
    }
    if (heap < ENOUGH_HEAP) {
      throw refusal(
          have,
          machine.memoryBytes() < 4 * ENOUGH_HEAP
              ? "give it 4096 MB at least"
              : "raise -Xmx to 1 GB at least (DENSESPARK_JAVA_OPTIONS=-Xmx1g)");
    }
    return Text.format(
        "heap up to %d of %d MB, %d cores",
        heap >> 20, machine.memoryBytes() >> 20, machine.cores());
  }

  private static JobException refusal(String have, String advice) {
    return new JobException(ExitCode.PREFLIGHT, have + ": " + advice, null);
  }

  private String engine() {
    int side = config.data().imageSize();
    DenseNetSpec model = config.model().withClasses(config.model().classes().orElse(10));
    PlanConfig one =
        new PlanConfig(1, 1, PlanConfig.Purpose.INFERENCE, 1, side, side, config.engine());
    try (Plan plan =
        Engines.compile(
            DenseNetGraph.configuration(model, 1, side, side, new Sgd(0.1), 0, 1),
            one.onFirstDevice())) {
      return plan.summary().computing();
    }
  }

  /** Looks, and fetches nothing. */
  private String data() {
    DataConfig data = config.data();
    try {
      return Inputs.locate(data, Inputs.hadoop(config));
    } catch (DataException e) {
      if (data.path().isEmpty()
          && data.download()
          && System.getenv(FashionMnist.ENVIRONMENT_VARIABLE) == null) {
        return "not on this machine: the first run downloads it (30 MB)";
      }
      throw e;
    }
  }

  private String output() {
    try (Store store = Store.open(config.run().output(), Inputs.hadoop(config))) {
      store.checkWritable();
      return store.uri();
    }
  }

  private String spark() {
    try (SparkConnection spark = SparkConnection.open(config)) {
      return Text.format("%s, %d slots", config.run().master(), spark.slots());
    }
  }
}

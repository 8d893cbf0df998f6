package io.densespark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfig;
import io.densespark.config.RunConfigLoader;
import io.densespark.data.FashionMnist;
import io.densespark.job.run.TrainJob;
import io.densespark.metrics.EpochRecord;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Settings of runs that take seconds, in a workspace of their own, and what is left of them. */
public final class SmallJobs {

  public static final ObjectMapper JSON = new ObjectMapper();

  public static final Path IMAGES =
      Path.of("src/test/resources/fashion-mnist-sample").toAbsolutePath().normalize();

  private static final String CLASS_NAMES = "[" + String.join(",", FashionMnist.CLASS_NAMES) + "]";

  private final Path workspace;
  private final List<String> shown = new ArrayList<>();

  public SmallJobs(Path workspace) {
    this.workspace = workspace;
  }

  public Path workspace() {
    return workspace;
  }

  /** Two epochs of four steps of a small net on two slots; what is added to the list wins. */
  public static List<String> settings(String output, String runId) {
    return new ArrayList<>(
        List.of(
            "run.output=" + output,
            "run.id=" + runId,
            "run.master=local[2]",
            "data.path=" + IMAGES,
            "data.verify-checksums=false",
            "data.class-names=" + CLASS_NAMES,
            "data.image-size=32",
            "data.train-limit=256",
            "data.test-limit=100",
            "model.growth-rate=8",
            "model.block-layers=[2,2]",
            "model.stem.channels=16",
            "train.epochs=2",
            "train.batch-size=64",
            "train.optimizer.learning-rate=0.05"));
  }

  /** The same in this workspace, with more settings. */
  public RunConfig config(String runId, String... more) {
    ConfigSources sources = new ConfigSources();
    List<String> settings = settings(workspace.toString(), runId);
    settings.addAll(Arrays.asList(more));
    for (String setting : settings) {
      sources = sources.set(setting);
    }
    return new RunConfigLoader().load(sources);
  }

  /** Trains a run of these settings to its end. */
  public ExitCode train(String runId, String... more) {
    return new TrainJob(config(runId, more), display()).run();
  }

  /** Requires that a job fails with an exit code; what it says is for the caller to look at. */
  public static AbstractThrowableAssert<?, ? extends Throwable> assertEnds(
      ExitCode code, ThrowingCallable job) {
    return assertThatThrownBy(job)
        .satisfies(failure -> assertThat(ExitCode.of(failure)).isEqualTo(code));
  }

  /** Keeps every call as a line of its arguments: see {@link #shown}. */
  public RunDisplay display() {
    return (RunDisplay)
        Proxy.newProxyInstance(
            RunDisplay.class.getClassLoader(),
            new Class<?>[] {RunDisplay.class},
            (proxy, method, arguments) -> {
              synchronized (shown) {
                shown.add(String.join(" ", Arrays.stream(arguments).map(String::valueOf).toList()));
              }
              return null;
            });
  }

  /** Shows nothing, and fails at the end of an epoch, as if the plug had been pulled. */
  public static RunDisplay displayThatFailsAfterEpoch(int last) {
    return (RunDisplay)
        Proxy.newProxyInstance(
            RunDisplay.class.getClassLoader(),
            new Class<?>[] {RunDisplay.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("epoch")
                  && ((EpochRecord) arguments[0]).epoch() == last) {
                throw new IllegalStateException("the plug was pulled");
              }
              return null;
            });
  }

  public List<String> shown() {
    return shown;
  }

  public String allShown() {
    return String.join("\n", shown);
  }

  public Path file(String run, String name) {
    return workspace.resolve("runs").resolve(run).resolve(name);
  }

  public JsonNode status(String run) throws IOException {
    return json(file(run, "status.json"));
  }

  public String sha(String run) throws IOException {
    return status(run).get("parametersSha256").asText();
  }

  /** The lines of a log of a run. */
  public List<JsonNode> log(String run, String name) throws IOException {
    List<JsonNode> records = new ArrayList<>();
    for (String line : Files.readAllLines(file(run, "metrics/" + name + ".jsonl"))) {
      records.add(JSON.readTree(line));
    }
    return records;
  }

  public static JsonNode json(Path file) throws IOException {
    return JSON.readTree(Files.readAllBytes(file));
  }
}

package io.densespark.job.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.densespark.checkpoint.Checkpoint;
import io.densespark.checkpoint.CheckpointStore;
import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfig;
import io.densespark.config.RunConfigLoader;
import io.densespark.job.ExitCode;
import io.densespark.job.RunDisplay;
import io.densespark.job.SmallJobs;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.storage.Content;
import io.densespark.storage.S3FaultProxy;
import io.densespark.storage.S3FaultProxy.Fault;
import io.densespark.storage.StorageException;
import io.densespark.storage.Store;
import io.densespark.storage.StoreServices;
import io.densespark.train.TrainingState;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Faults between the client and a real S3 protocol: retried within bounds, nothing good is lost.
 */
class S3FaultsIT {

  /** Of one call that fails for good: the retries of the SDK times those of S3A. */
  private static final int MOST_REQUESTS = 40;

  private static S3FaultProxy proxy;

  @BeforeAll
  static void startProxy() throws Exception {
    proxy = StoreServices.s3FaultProxy();
  }

  @AfterEach
  void heal() {
    proxy.heal();
  }

  @AfterAll
  static void stopProxy() throws Exception {
    proxy.close();
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      mode = Mode.EXCLUDE,
      names = {"NONE", "SILENCE"})
  void everyThirdRequestMayFail(Fault fault) {
    try (Store store = open(settings())) {
      CheckpointStore checkpoints = checkpoints(store);
      proxy.plan((number, method, target) -> number % 3 == 1 ? fault : Fault.NONE);

      checkpoints.save(checkpoint(1));
      checkpoints.save(checkpoint(2));
      store.replace("status.json", Content.of(new byte[] {1}));
      store.replace("status.json", Content.of(new byte[] {2}));

      assertThat(store.read("status.json")).containsExactly(2);
      assertWhole(checkpoints, 2);
      assertThat(proxy.failed()).hasSizeGreaterThan(5);
    }
  }

  @Test
  void serverThatIsSilentForAWhileIsAskedAgain() {
    try (Store store = open(impatient())) {
      proxy.plan(
          (number, method, target) ->
              method.equals("PUT") && proxy.failed().isEmpty() ? Fault.SILENCE : Fault.NONE);

      store.publish("after-all", Content.of(new byte[] {1, 2}));

      assertThat(store.read("after-all")).containsExactly(1, 2);
      assertThat(proxy.failed()).hasSize(1);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"INTERNAL_ERROR", "SLOW_DOWN", "RESET"})
  void partsOfALargeUploadAreSentAgain(Fault fault) {
    byte[] content = new byte[12_000_000];
    new Random(3).nextBytes(content);
    try (Store store = open(settings())) {
      proxy.plan(
          (number, method, target) ->
              isPart(target) && !proxy.failed().contains(method + " " + target)
                  ? fault
                  : Fault.NONE);

      store.publish("large", Content.of(content));

      assertThat(store.read("large")).isEqualTo(content);
      assertThat(proxy.failed()).hasSize(3);
    }
  }

  @ParameterizedTest
  @EnumSource(value = Fault.class, mode = Mode.EXCLUDE, names = "NONE")
  void serverThatStaysBrokenIsGivenUpAndTheGoodCheckpointIsKept(Fault fault) {
    try (Store store = open(fault == Fault.SILENCE ? impatient() : settings())) {
      CheckpointStore checkpoints = checkpoints(store);
      checkpoints.save(checkpoint(1));
      proxy.plan((number, method, target) -> method.equals("PUT") ? fault : Fault.NONE);

      assertThatThrownBy(() -> checkpoints.save(checkpoint(2)))
          .isInstanceOf(StorageException.class);

      System.out.printf(
          Locale.ROOT, "%s: given up after %d requests%n", fault, proxy.failed().size());
      assertThat(proxy.failed()).hasSizeBetween(2, MOST_REQUESTS);
      proxy.heal();
      assertWhole(checkpoints, 1);
      checkpoints.save(checkpoint(3));
      assertWhole(checkpoints, 3);
    }
  }

  @Test
  void serverThatBreaksAtAnyRequestOfASaveLosesNothing() {
    try (Store store = open(impatient())) {
      CheckpointStore checkpoints = checkpoints(store);
      checkpoints.save(checkpoint(1));
      proxy.heal();
      checkpoints.save(checkpoint(2));
      int requests = proxy.requests();
      assertThat(requests).isGreaterThan(8);
      for (int broken = 0; broken < requests; broken++) {
        int from = broken;
        int before = newest(checkpoints).step();
        proxy.plan((number, method, target) -> number >= from ? Fault.INTERNAL_ERROR : Fault.NONE);

        Throwable failure = catchThrowable(() -> checkpoints.save(checkpoint(before + 1)));

        assertThat(proxy.failed()).isNotEmpty();
        proxy.heal();
        TrainingState found = newest(checkpoints);
        // Once the manifest is there, the new one counts, whatever its writer was told.
        assertThat(found.step()).isBetween(failure == null ? before + 1 : before, before + 1);
        assertThat(found.parameters()).isEqualTo(checkpoint(found.step()).state().parameters());
      }
    }
  }

  @Test
  void runWhoseOutputBreaksEndsWith20AndGoesOnToTheSameBits(@TempDir Path directory)
      throws Exception {
    new TrainJob(config(directory.toString()), display(0)).run();
    String output = StoreServices.freshS3Uri();

    Throwable failure = catchThrowable(() -> new TrainJob(config(output), display(1)).run());

    assertThat(failure).hasMessageContaining("s3a://");
    assertThat(ExitCode.of(failure)).isEqualTo(ExitCode.TRAINING_FAILED);
    proxy.heal();
    try (Store remote = Store.open(output, settings())) {
      // Its owner would have ended; this process lives on.
      remote.delete("locks");
    }
    assertThat(new TrainJob(config(output), display(0)).run()).isEqualTo(ExitCode.SUCCESS);
    try (Store local = Store.open(directory.toString(), new Configuration());
        Store remote = Store.open(output, settings())) {
      RunStatus resumed = new RunDirectory(remote, "faults").readStatus().orElseThrow();
      RunStatus undisturbed = new RunDirectory(local, "faults").readStatus().orElseThrow();
      assertThat(resumed.parametersSha256()).isEqualTo(undisturbed.parametersSha256());
      assertThat(new RunDirectory(remote, "faults").readEvents())
          .anyMatch(event -> event.detail().contains("without a final state"));
    }
  }

  private static boolean isPart(String target) {
    return target.contains("partNumber=");
  }

  private static Store open(Configuration settings) {
    return Store.open(StoreServices.freshS3Uri(), settings);
  }

  private static CheckpointStore checkpoints(Store store) {
    return new CheckpointStore(store, "checkpoints", 2, 0);
  }

  /** A client that gives up sooner, and takes a second of silence for a failure. */
  private static Configuration impatient() {
    Configuration settings = settings();
    settings.set("fs.s3a.attempts.maximum", "0");
    settings.set("fs.s3a.retry.limit", "2");
    settings.set("fs.s3a.connection.timeout", "1000");
    return settings;
  }

  /** The store's own bounds, with short pauses. */
  private static Configuration settings() {
    Configuration settings = StoreServices.s3Settings(proxy);
    settings.set("fs.s3a.retry.interval", "5ms");
    settings.set("fs.s3a.retry.throttle.interval", "5ms");
    return settings;
  }

  private static TrainingState newest(CheckpointStore checkpoints) {
    return ((CheckpointStore.Whole) checkpoints.loadLatest()).checkpoint().state();
  }

  private static void assertWhole(CheckpointStore checkpoints, int step) {
    TrainingState found = newest(checkpoints);
    assertThat(found.step()).isEqualTo(step);
    assertThat(found.parameters()).isEqualTo(checkpoint(step).state().parameters());
  }

  private static Checkpoint checkpoint(int step) {
    float[] parameters = new float[20_000];
    Random random = new Random(step);
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] = random.nextFloat();
    }
    TrainingState state =
        new TrainingState(step, step, parameters, new float[] {step}, List.of(), List.of());
    return new Checkpoint(state, 2, "c0ffee", Double.NaN, Double.NaN);
  }

  private static RunConfig config(String output) {
    List<String> settings = SmallJobs.settings(output, "faults");
    settings.addAll(List.of("data.train-limit=128", "data.test-limit=50", "train.epochs=3"));
    ConfigSources sources = new ConfigSources();
    for (Map.Entry<String, String> entry : settings()) {
      if (entry.getKey().startsWith("fs.s3a.") && isOwn(entry.getKey())) {
        settings.add("spark.conf.\"spark.hadoop." + entry.getKey() + "\"=" + entry.getValue());
      }
    }
    for (String setting : settings) {
      sources = sources.set(setting);
    }
    return new RunConfigLoader().load(sources);
  }

  private static boolean isOwn(String key) {
    String[] origins = settings().getPropertySources(key);
    return origins != null && Arrays.asList(origins).contains("programmatically");
  }

  /** A display that breaks the store once an epoch is done; 0: never. */
  private static RunDisplay display(int lastEpoch) {
    return (RunDisplay)
        Proxy.newProxyInstance(
            RunDisplay.class.getClassLoader(),
            new Class<?>[] {RunDisplay.class},
            (display, method, arguments) -> {
              if (method.getName().equals("epoch")
                  && ((EpochRecord) arguments[0]).epoch() == lastEpoch) {
                proxy.plan((number, verb, target) -> Fault.INTERNAL_ERROR);
              }
              return null;
            });
  }
}

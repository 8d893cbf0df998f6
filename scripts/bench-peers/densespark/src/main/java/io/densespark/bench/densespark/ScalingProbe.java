package io.densespark.bench.densespark;

import io.densespark.sync.SyncConfig.ExchangeRule;
import io.densespark.sync.collective.Collective;
import io.densespark.sync.collective.DenseExchange;
import io.densespark.sync.collective.ExecutorGroup;
import io.densespark.sync.collective.GradientExchange;
import io.densespark.sync.collective.ThresholdConfig;
import io.densespark.sync.collective.ThresholdExchange;
import io.densespark.sync.links.CollectiveConfig;
import io.densespark.sync.links.PeerAddress;
import io.densespark.sync.links.Rendezvous;
import io.densespark.sync.links.RunSecret;
import io.densespark.sync.tree.Companions;
import io.densespark.sync.tree.Part;
import io.densespark.sync.tree.Placement;
import io.densespark.sync.tree.WirePrecision;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * One rank of the collective alone, a process of its own: computes by sleeping, exchanges for real.
 *
 * <pre>ScalingProbe DIRECTORY HOST RANK WORLD-SIZE VALUES STATISTICS SLEEP-MILLIS STEPS LABEL</pre>
 *
 * <p>Ranks find each other by files in the directory. Rank 0 prints a line of JSON for each way of
 * exchanging, with the median time of a step.
 */
public final class ScalingProbe {

  private static final int WARM_UP_STEPS = 6;
  private static final int FREQUENCY = 8;

  private final Collective collective;
  private final int values;
  private final int statistics;
  private final long sleepMillis;
  private final int steps;
  private final String label;

  private ScalingProbe(Collective collective, String[] arguments) {
    this.collective = collective;
    this.values = Integer.parseInt(arguments[4]);
    this.statistics = Integer.parseInt(arguments[5]);
    this.sleepMillis = Long.parseLong(arguments[6]);
    this.steps = Integer.parseInt(arguments[7]);
    this.label = arguments[8];
  }

  /** What a step exchanges. */
  private interface Exchange {
    void run();
  }

  private static String written(RunSecret secret) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(secret);
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  private static RunSecret read(String text) throws IOException, ClassNotFoundException {
    byte[] bytes = Base64.getDecoder().decode(text);
    try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
      return (RunSecret) in.readObject();
    }
  }

  /** Runs one rank. */
  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    int rank = Integer.parseInt(arguments[2]);
    int worldSize = Integer.parseInt(arguments[3]);
    if (rank == 0) {
      publish(directory, "secret", written(RunSecret.random()));
    }
    RunSecret secret = read(await(directory, "secret"));
    try (Rendezvous rendezvous = Rendezvous.open(arguments[1], "")) {
      PeerAddress mine = rendezvous.address();
      publish(directory, "rank-" + rank, mine.host() + " " + mine.port());
      List<PeerAddress> addresses = new ArrayList<>();
      for (int peer = 0; peer < worldSize; peer++) {
        String[] at = await(directory, "rank-" + peer).split(" ");
        addresses.add(new PeerAddress(at[0], Integer.parseInt(at[1])));
      }
      CollectiveConfig config = CollectiveConfig.of("probe", secret, false, Duration.ofSeconds(60));
      Placement placement = new Placement(worldSize, Collections.nCopies(worldSize, 1));
      ExecutorGroup executor =
          new ExecutorGroup(placement, rank, ExchangeRule.DIRECT, config.timeout());
      executor.connect(rendezvous, addresses, config);
      try (Collective collective = executor.join(rank)) {
        new ScalingProbe(collective, arguments).run();
      }
    }
  }

  private void run() throws InterruptedException {
    FloatBuffer gradient = inNativeMemory(noise());
    FloatBuffer running = FloatBuffer.allocate(statistics);
    FloatBuffer state = inNativeMemory(noise());
    measure("fp32", () -> sum(gradient));
    GradientExchange bf16 = new DenseExchange(collective, WirePrecision.BF16);
    measure(
        "bf16",
        () -> {
          bf16.add(collective.slot(), gradient);
          bf16.sum(gradient);
          sum(running);
        });
    GradientExchange threshold =
        new ThresholdExchange(collective, values, ThresholdConfig.adaptive(1e-3f));
    float[] fresh = noise();
    measure(
        "threshold",
        () -> {
          gradient.put(0, fresh);
          threshold.add(collective.slot(), gradient);
          threshold.sum(gradient);
          sum(running);
        });
    ByteBuffer losses = ByteBuffer.allocate(FREQUENCY * Double.BYTES).order(ByteOrder.BIG_ENDIAN);
    measure(
        "averaging",
        () -> {
          collective.allGather(losses.array());
          collective.mean(part(gradient), gradient);
          collective.mean(part(state), state);
        });
  }

  /** Where a replica has its vectors. */
  private static FloatBuffer inNativeMemory(float[] values) {
    return ByteBuffer.allocateDirect(values.length * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer()
        .put(0, values);
  }

  private void sum(FloatBuffer vector) {
    collective.sum(part(vector), vector, WirePrecision.FP32);
  }

  private List<Part> part(FloatBuffer vector) {
    return List.of(new Part(collective.ranks(), vector, Companions.of(1)));
  }

  /** Gradients of the size that training meets; most are below the threshold. */
  private float[] noise() {
    Random random = new Random(collective.slot());
    float[] noise = new float[values];
    for (int i = 0; i < values; i++) {
      noise[i] = (float) random.nextGaussian() * 1e-4f;
    }
    return noise;
  }

  private void measure(String what, Exchange exchange) throws InterruptedException {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    double[] millis = new double[steps];
    double[] busyMillis = new double[steps];
    long bytesBefore = 0;
    for (int step = -WARM_UP_STEPS; step < steps; step++) {
      if (step == 0) {
        bytesBefore = collective.stats().bytesSent();
      }
      long began = System.nanoTime();
      Thread.sleep(sleepMillis);
      long busyBefore = threads.getCurrentThreadCpuTime();
      exchange.run();
      if (step >= 0) {
        millis[step] = (System.nanoTime() - began) / 1e6;
        busyMillis[step] = (threads.getCurrentThreadCpuTime() - busyBefore) / 1e6;
      }
    }
    long bytes = (collective.stats().bytesSent() - bytesBefore) / steps;
    Arrays.sort(millis);
    Arrays.sort(busyMillis);
    if (collective.slot() == 0) {
      System.out.printf(
          Locale.ROOT,
          "{\"label\":\"%s\",\"exchange\":\"%s\",\"worldSize\":%d,\"values\":%d,\"sleepMillis\":%d,\"millis\":%.3f,\"busyMillis\":%.4f,\"bytesSent\":%d}%n",
          label,
          what,
          collective.placement().worldSize(),
          values,
          sleepMillis,
          millis[steps / 2],
          busyMillis[steps / 2],
          bytes);
    }
  }

  private static void publish(Path directory, String name, String text) throws IOException {
    Path whole = directory.resolve(name + ".new");
    Files.writeString(whole, text);
    Files.move(whole, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  private static String await(Path directory, String name)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (true) {
      try {
        return Files.readString(directory.resolve(name));
      } catch (NoSuchFileException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
        Thread.sleep(20);
      }
    }
  }
}

package io.densespark.sync.collective;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.sync.SyncConfig.ExchangeRule;
import io.densespark.sync.links.CollectiveConfig;
import io.densespark.sync.links.CollectiveException;
import io.densespark.sync.links.PeerAddress;
import io.densespark.sync.links.Rendezvous;
import io.densespark.sync.links.RunSecret;
import io.densespark.sync.tree.Companions;
import io.densespark.sync.tree.Part;
import io.densespark.sync.tree.Placement;
import io.densespark.sync.tree.WirePrecision;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs every rank on a thread of its own, over loopback or in shared memory. */
public final class Ranks {
  public static final Duration TIMEOUT = Duration.ofSeconds(30);
  public static final RunSecret SECRET = RunSecret.random();

  private Ranks() {}

  /** How the ranks are connected. */
  enum Transport {
    /** An executor for each slot. */
    TCP,
    /** One executor. */
    IN_JVM,
    /** Two executors where there are two slots, the first with one slot; encrypted. */
    BOTH,
    /** An executor for each slot, in rounds with one other where they are 2 or 4. */
    HALVING;

    private ExchangeRule rule() {
      return this == HALVING ? ExchangeRule.HALVING_AND_DOUBLING : ExchangeRule.DIRECT;
    }
  }

  /** One slot for each rank. */
  static Placement placement(Transport transport, int worldSize) {
    return new Placement(
        worldSize,
        switch (transport) {
          case TCP, HALVING -> Collections.nCopies(worldSize, 1);
          case IN_JVM -> List.of(worldSize);
          case BOTH -> worldSize == 1 ? List.of(1) : List.of(1, worldSize - 1);
        });
  }

  /** Sums the values of the only rank of each slot. */
  public static double sum(
      Collective collective, FloatBuffer values, WirePrecision precision, double companion) {
    Companions mine = new Companions(companion, 2 * companion);
    Companions sums =
        collective.sum(List.of(new Part(collective.ranks(), values, mine)), values, precision);
    assertThat(sums).isEqualTo(new Companions(sums.first(), 2 * sums.first()));
    return sums.first();
  }

  public static void sum(Collective collective, FloatBuffer values) {
    sum(collective, values, WirePrecision.FP32, 0);
  }

  public static void sum(Collective collective, FloatBuffer values, WirePrecision precision) {
    sum(collective, values, precision, 0);
  }

  public static void sum(Collective collective, float[] values, int offset, int length) {
    sum(collective, FloatBuffer.wrap(values, offset, length));
  }

  /** Averages the values of the only rank of each slot. */
  static void mean(Collective collective, FloatBuffer values, long examples) {
    collective.mean(List.of(new Part(collective.ranks(), values, Companions.of(examples))), values);
  }

  /** Connects an executor of one slot. */
  public static Collective connect(
      Rendezvous place, List<PeerAddress> addresses, int rank, CollectiveConfig config) {
    ExecutorGroup group =
        new ExecutorGroup(
            placement(Transport.TCP, addresses.size()),
            rank,
            ExchangeRule.DIRECT,
            config.timeout());
    group.connect(place, addresses, config);
    return group.join(rank);
  }

  /** The collective of a run of one rank. */
  static Collective single() {
    return new ExecutorGroup(new Placement(1, List.of(1)), 0, ExchangeRule.AUTO, TIMEOUT).join(0);
  }

  /** What a rank does with its collective. */
  @FunctionalInterface
  interface Body<T> {
    T run(Collective collective) throws Exception;
  }

  /** What became of a rank. */
  public record Outcome<T>(T value, Throwable failure) {
    public T orThrow() {
      if (failure != null) {
        throw new AssertionError("a rank failed", failure);
      }
      return value;
    }
  }

  /** A failed operation, and when it had. */
  record Failed(CollectiveException failure, long millis) {}

  /** Runs an operation that is to fail. */
  static Failed failureOf(Runnable operation) {
    long start = System.nanoTime();
    try {
      operation.run();
    } catch (CollectiveException e) {
      return new Failed(e, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
    }
    throw new AssertionError("the operation should have failed");
  }

  public static CollectiveConfig config(Duration timeout) {
    return config(timeout, false);
  }

  private static CollectiveConfig config(Duration timeout, boolean encrypted) {
    return CollectiveConfig.of("test-run", SECRET, encrypted, timeout);
  }

  /** Runs all ranks to success. */
  static <T> List<T> run(Transport transport, int worldSize, Body<T> body) {
    return outcomes(transport, worldSize, TIMEOUT, body).stream().map(Outcome::orThrow).toList();
  }

  /** Runs all ranks, and says what became of each. */
  static <T> List<Outcome<T>> outcomes(
      Transport transport, int worldSize, Duration timeout, Body<T> body) {
    return outcomes(
        placement(transport, worldSize),
        transport.rule(),
        transport == Transport.BOTH,
        timeout,
        body);
  }

  /** Runs all slots of a placement to success. */
  static <T> List<T> run(Placement placement, ExchangeRule rule, Body<T> body) {
    return outcomes(placement, rule, false, TIMEOUT, body).stream().map(Outcome::orThrow).toList();
  }

  private static <T> List<Outcome<T>> outcomes(
      Placement placement, ExchangeRule rule, boolean encrypted, Duration timeout, Body<T> body) {
    List<Callable<T>> tasks = new ArrayList<>();
    List<Rendezvous> places = new ArrayList<>();
    for (int executor = 0; executor < placement.executors(); executor++) {
      places.add(Rendezvous.open("127.0.0.1", ""));
    }
    List<PeerAddress> addresses = places.stream().map(Rendezvous::address).toList();
    for (int e = 0; e < placement.executors(); e++) {
      int executor = e;
      ExecutorGroup group = new ExecutorGroup(placement, executor, rule, timeout);
      int first = placement.firstSlot(executor);
      for (int s = first; s < placement.firstSlot(executor + 1); s++) {
        int slot = s;
        tasks.add(
            () -> {
              try (Collective collective = group.join(slot)) {
                if (placement.executors() > 1 && slot == first) {
                  group.connect(places.get(executor), addresses, config(timeout, encrypted));
                }
                return body.run(collective);
              }
            });
      }
    }
    return together(tasks);
  }

  /** Runs tasks at the same time; none may take longer than twice the patience. */
  public static <T> List<Outcome<T>> together(List<Callable<T>> tasks) {
    ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
    try {
      List<Future<T>> futures = tasks.stream().map(threads::submit).toList();
      List<Outcome<T>> outcomes = new ArrayList<>();
      for (Future<T> future : futures) {
        outcomes.add(outcome(future));
      }
      return outcomes;
    } finally {
      threads.shutdownNow();
    }
  }

  public static <T> Outcome<T> outcome(Future<T> future) {
    try {
      return new Outcome<>(future.get(2 * TIMEOUT.toSeconds(), TimeUnit.SECONDS), null);
    } catch (ExecutionException e) {
      return new Outcome<>(null, e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("a rank hangs", e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}

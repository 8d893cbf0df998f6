package io.densespark.sync.collective;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs every rank on a thread of its own, over loopback or in shared memory. */
final class Ranks {
  static final Duration PATIENCE = Duration.ofSeconds(30);
  static final RunSecret SECRET = RunSecret.random();

  private Ranks() {}

  /** How the ranks are connected. */
  enum Transport {
    TCP,
    IN_JVM
  }

  /** What a rank does with its collective. */
  @FunctionalInterface
  interface Body<T> {
    T run(Collective collective) throws Exception;
  }

  /** What became of a rank. */
  record Outcome<T>(T value, Throwable failure) {
    T orThrow() {
      if (failure != null) {
        throw new AssertionError("a rank failed", failure);
      }
      return value;
    }
  }

  static CollectiveConfig config(Duration timeout) {
    return CollectiveConfig.of("test-run", SECRET, "1.0", timeout);
  }

  /** Runs all ranks to success. */
  static <T> List<T> run(Transport transport, int worldSize, Body<T> body) {
    return outcomes(transport, worldSize, PATIENCE, body).stream().map(Outcome::orThrow).toList();
  }

  /** Runs all ranks, and says what became of each. */
  static <T> List<Outcome<T>> outcomes(
      Transport transport, int worldSize, Duration timeout, Body<T> body) {
    List<Callable<T>> tasks = new ArrayList<>();
    if (transport == Transport.IN_JVM) {
      InJvmGroup group = new InJvmGroup(worldSize, timeout);
      for (int rank = 0; rank < worldSize; rank++) {
        int mine = rank;
        tasks.add(
            () -> {
              try (Collective collective = group.join(mine)) {
                return body.run(collective);
              }
            });
      }
      return together(tasks);
    }
    List<Rendezvous> places = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      places.add(Rendezvous.open("127.0.0.1"));
    }
    List<PeerAddress> addresses = places.stream().map(Rendezvous::address).toList();
    for (int rank = 0; rank < worldSize; rank++) {
      int mine = rank;
      tasks.add(
          () -> {
            try (Collective collective =
                places.get(mine).connect(addresses, mine, config(timeout))) {
              return body.run(collective);
            }
          });
    }
    return together(tasks);
  }

  /** Runs tasks at the same time; none may take longer than twice the patience. */
  static <T> List<Outcome<T>> together(List<Callable<T>> tasks) {
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

  static <T> Outcome<T> outcome(Future<T> future) {
    try {
      return new Outcome<>(future.get(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS), null);
    } catch (ExecutionException e) {
      return new Outcome<>(null, e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("a rank hangs", e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}

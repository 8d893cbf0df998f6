package io.densespark.storage;

import io.densespark.storage.LockClaim.State;
import io.densespark.storage.LockClaims.Rival;
import io.densespark.storage.StorageException.Reason;
import io.densespark.text.Text;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.commons.lang3.concurrent.BasicThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lock among processes that share a workspace, with an owner and an end. It is renewed in the
 * background until it is closed; that of a dead owner ends by itself, at once where the owner ran
 * on this machine.
 *
 * <p>Everybody who wants the lock first writes a claim of its own, under a name that nobody else
 * uses, and then lists all claims: who sees no other one has the lock. Of two who want it at once,
 * the one that writes later sees the other, so <b>never do both have it</b>, on any store whose
 * listings show every file written before. This needs no conditional create, which S3A 3.3 lacks.
 *
 * <table>
 *   <caption>What holds on which store</caption>
 *   <tr><th></th><th>two live owners</th><th>by whose clock a claim ends</th></tr>
 *   <tr><td>{@code file:} on one machine</td><td>never</td><td>that machine's</td></tr>
 *   <tr><td>{@code hdfs:}</td><td>never</td><td>the name node's</td></tr>
 *   <tr><td>{@code s3a:} on AWS and other stores with consistent listings</td><td>never</td><td>the store's</td></tr>
 *   <tr><td>{@code file:} on a network file system that caches directories, S3 look-alikes with
 *       eventual listings</td><td>possible in the same moment</td><td>the server's</td></tr>
 * </table>
 *
 * <p>An owner that stands still for longer than its lease loses the lock. It learns of that by
 * {@link #requireHeld}, which {@link Store#guardedBy} calls before every write; only a write that
 * was under way already when the owner stood still can come too late. Whoever must exclude that as
 * well publishes under a name that the next owner would use too ({@link Store#publish} refuses it,
 * on {@code file:} and {@code hdfs:}).
 *
 * @implNote ends are compared by the modification times that the store gives to the claims, one of
 *     which was written a moment ago, so that the clocks of the machines do not matter
 */
public final class StoreLock implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(StoreLock.class);

  private static final int CLOSE_LIMIT_SECONDS = 5;
  private static final int RENEWALS_A_LEASE = 4;

  /** Of several that want it at once, one has it well before this. */
  private static final long CONTENTION_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final int LOOKS_AT_RIVALS = 20;
  private static final long PAUSE_MILLIS = 100;

  private final LockClaims claims;
  private final String path;
  private final long leaseNanos;
  private LockClaim claim;
  private final ScheduledExecutorService renewal =
      Executors.newSingleThreadScheduledExecutor(
          new BasicThreadFactory.Builder().namingPattern("lock-renewal").daemon(true).build());
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile long renewedAt;
  private volatile boolean lost;
  private volatile Throwable failure;

  private StoreLock(Store store, String name, String purpose, Duration lease) {
    this.claims = new LockClaims(store, name);
    this.path = claims.newPath();
    this.leaseNanos = lease.toNanos();
    this.claim = LockClaim.contending(purpose, lease, Instant.now());
  }

  /**
   * Takes the lock.
   *
   * @param name what is locked: letters, digits and {@code . _ -}
   * @param purpose what for, shown to others
   * @param lease how long the lock outlives a process that no longer renews it, at least a second
   * @param timeout how long to wait for an owner to give it back; zero: not at all
   * @throws LockHeldException naming the owner and when its claim ends
   */
  public static StoreLock acquire(
      Store store, String name, String purpose, Duration lease, Duration timeout) {
    if (lease.toMillis() < 1000) {
      throw new IllegalArgumentException(Text.format("A lease of %s: at least 1 s", lease));
    }
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      StoreLock lock = new StoreLock(store, name, purpose, lease);
      Optional<Rival> holder = lock.contend();
      if (holder.isEmpty()) {
        lock.renewInBackground();
        return lock;
      }
      boolean held = holder.get().claim().state() == State.HELD;
      if (System.nanoTime() - deadline >= (held ? 0 : CONTENTION_LIMIT_NANOS)) {
        throw new LockHeldException(
            lock.claims.toString(), holder.get().claim(), holder.get().expiresAt());
      }
      pause(ThreadLocalRandom.current().nextLong(PAUSE_MILLIS / 2, 2 * PAUSE_MILLIS));
    }
  }

  /**
   * Whether somebody seems to have the lock: for display only, as it takes nothing and may be out
   * of date at once. An owner that died on this machine is known to be gone, any other one is when
   * its lease ran out by this machine's clock, a minute of difference to the store's allowed for.
   */
  public static boolean seemsHeld(Store store, String name) {
    return new LockClaims(store, name).seemHeld();
  }

  /**
   * Makes sure that the lock is still this process's own.
   *
   * @throws LockLostException if it was not renewed in time, or was given back
   */
  public void requireHeld() {
    if (closed.get()) {
      throw new LockLostException(claims + " was given back; nothing more is written under it");
    }
    long silentNanos = System.nanoTime() - renewedAt;
    if (lost || silentNanos >= leaseNanos) {
      throw new LockLostException(
          claims.toString(),
          TimeUnit.NANOSECONDS.toMillis(silentNanos),
          claim.leaseMillis(),
          failure);
    }
  }

  /** User and host of this process, as claims and audit logs name it. */
  public static String owner() {
    return LockClaim.ownerOfThisProcess();
  }

  /** Gives the lock back. What cannot be removed ends by itself. */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    renewal.shutdownNow();
    try {
      // A renewal under way could bring the claim back.
      renewal.awaitTermination(CLOSE_LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    withdraw();
  }

  /** Claims the lock; returns who stands in the way, or nobody. */
  private Optional<Rival> contend() {
    LockClaims.OURS.add(path);
    boolean taken = false;
    try {
      write(claim);
      Optional<Rival> rival = Optional.empty();
      for (int look = 0; look < LOOKS_AT_RIVALS; look++) {
        List<String> ended = new ArrayList<>();
        List<Rival> rivals = claims.rivals(path, claim, ended);
        if (rivals.isEmpty()) {
          claim = claim.held();
          write(claim);
          requireHeld();
          taken = true;
          ended.forEach(claims::deleteIfPossible);
          return Optional.empty();
        }
        rival = rivals.stream().filter(r -> r.claim().state() == State.HELD).findFirst();
        // Of those who only contend, the first by name waits for the others to withdraw.
        boolean first = rivals.stream().allMatch(r -> path.compareTo(r.path()) < 0);
        if (rival.isPresent() || !first) {
          return rival.or(() -> Optional.of(rivals.get(0)));
        }
        rival = Optional.of(rivals.get(0));
        if (System.nanoTime() - renewedAt > leaseNanos / 2) {
          break;
        }
        pause(PAUSE_MILLIS);
      }
      return rival;
    } finally {
      if (!taken) {
        withdraw();
      }
    }
  }

  /** Time counts from before the write, as the store stamps it somewhere between. */
  private void write(LockClaim content) {
    long before = System.nanoTime();
    boolean first = content.state() == State.CONTENDING;
    claims.write(path, content);
    if (!first && System.nanoTime() - renewedAt >= leaseNanos) {
      lost = true;
    }
    renewedAt = before;
  }

  private void renewInBackground() {
    long period = leaseNanos / RENEWALS_A_LEASE;
    renewal.scheduleWithFixedDelay(this::renew, period, period, TimeUnit.NANOSECONDS);
  }

  private void renew() {
    try {
      if (System.nanoTime() - renewedAt >= leaseNanos) {
        lost = true;
      }
      if (!lost) {
        claims.requireThere(path);
        write(claim);
      }
      if (lost) {
        withdraw();
        renewal.shutdown();
      }
    } catch (RuntimeException e) {
      if (!closed.get()) {
        // Tried again at the next turn; the lease runs on.
        failure = e;
        LOG.warn("{} could not be renewed: {}", claims, e.getMessage());
      }
    }
  }

  private void withdraw() {
    LockClaims.OURS.remove(path);
    claims.deleteIfPossible(path);
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(Reason.FAILED, "Interrupted while waiting for a lock", e);
    }
  }

  /** An instant for people, without fractions of a second. */
  static Instant shown(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS);
  }
}

package io.densespark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a lock promises; run against each kind of file system. */
@Timeout(60)
public abstract class LockContract {

  private static final String NAME = "model-a";
  private static final String CLAIMS = "locks/model-a";
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private Store store;

  /** A store on a workspace that nobody has used. */
  protected abstract Store freshStore() throws Exception;

  @BeforeEach
  void openStore() throws Exception {
    store = freshStore();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void secondOwnerIsRefusedAndToldByWhomUntilWhen() {
    Instant before = Instant.now();
    try (StoreLock lock = acquire(LEASE, Duration.ZERO)) {
      lock.requireHeld();
      assertThatThrownBy(() -> acquire(LEASE, Duration.ZERO))
          .asInstanceOf(type(LockHeldException.class))
          .satisfies(e -> assertThat(e.owner()).startsWith(System.getProperty("user.name") + "@"))
          .satisfies(
              e ->
                  assertThat(e.expiresAt())
                      .isBetween(before.plusSeconds(55), before.plusSeconds(90)))
          .satisfies(
              e ->
                  assertThat(e)
                      .hasMessageContaining(store.uri(CLAIMS))
                      .hasMessageContaining("process " + ProcessHandle.current().pid())
                      .hasMessageContaining("a test")
                      .hasMessageContaining("Wait for it"));
    }
  }

  @Test
  void lockThatWasGivenBackIsFreeAndLeavesNothing() {
    acquire(LEASE, Duration.ZERO).close();
    StoreLock second = acquire(LEASE, Duration.ZERO);
    second.close();
    second.close();

    assertThat(store.list(CLAIMS)).isEmpty();
    assertThatThrownBy(second::requireHeld).isInstanceOf(LockLostException.class);
  }

  @Test
  void aLookAtTheLockTellsWhetherSomebodyHasIt() {
    assertThat(StoreLock.seemsHeld(store, NAME)).isFalse();
    try (StoreLock lock = acquire(LEASE, Duration.ZERO)) {
      lock.requireHeld();
      assertThat(StoreLock.seemsHeld(store, NAME)).isTrue();
      assertThat(StoreLock.seemsHeld(store, "model-b")).isFalse();
    }
    assertThat(StoreLock.seemsHeld(store, NAME)).isFalse();

    store.publish(CLAIMS + "/damaged.json", Content.of(new byte[] {'{'}));
    assertThat(StoreLock.seemsHeld(store, NAME)).isFalse();
  }

  @Test
  void otherNamesAreOtherLocks() {
    try (StoreLock one = acquire(LEASE, Duration.ZERO);
        StoreLock other = StoreLock.acquire(store, "model-b", "a test", LEASE, Duration.ZERO)) {
      one.requireHeld();
      other.requireHeld();
    }
  }

  @Test
  void ofManyAtOnceOneAfterTheOtherHasIt() throws Exception {
    int contenders = 6;
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    ExecutorService pool = Executors.newFixedThreadPool(contenders);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < contenders; i++) {
        all.add(
            pool.submit(
                () -> {
                  try (StoreLock lock = acquire(LEASE, TIMEOUT)) {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    store.guardedBy(lock).replace("shared", Content.of(new byte[1]));
                    inside.decrementAndGet();
                  }
                }));
      }
      for (Future<?> one : all) {
        one.get(50, TimeUnit.SECONDS);
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(most).hasValue(1);
    assertThat(store.list(CLAIMS)).isEmpty();
  }

  @Test
  void claimOfASilentOwnerEndsAndIsTakenOver() {
    leave(store, new ProcessIdentity("elsewhere", "another-machine", 1, 1), 1);

    try (StoreLock lock = acquire(LEASE, TIMEOUT)) {
      lock.requireHeld();
      assertThat(store.list(CLAIMS)).hasSize(1);
    }
  }

  @Test
  void ownerOnAnotherMachineIsNotTakenForDead() {
    leave(store, new ProcessIdentity("elsewhere", "another-machine", 1, 1), 60_000);

    assertThatThrownBy(() -> acquire(LEASE, Duration.ZERO))
        .isInstanceOf(LockHeldException.class)
        .hasMessageContaining("ada@elsewhere");
  }

  @Test
  void lockIsRenewedInTheBackground() {
    try (StoreLock lock = acquire(Duration.ofSeconds(4), Duration.ZERO)) {
      Instant first = store.list(CLAIMS).get(0).modifiedAt();
      Instant deadline = Instant.now().plusSeconds(50);
      while (!store.list(CLAIMS).get(0).modifiedAt().isAfter(first)) {
        assertThat(Instant.now()).as("renewed in time").isBefore(deadline);
      }
      lock.requireHeld();
    }
  }

  private StoreLock acquire(Duration lease, Duration timeout) {
    return StoreLock.acquire(store, NAME, "a test", lease, timeout);
  }

  /** A claim whose owner is gone, as a process that was killed leaves it. */
  static void leave(Store store, ProcessIdentity process, long leaseMillis) {
    LockClaim claim =
        new LockClaim(
            LockClaim.State.HELD,
            "ada@" + process.host(),
            process,
            "train",
            Instant.now(),
            leaseMillis);
    store.replace(CLAIMS + "/left-behind.json", Content.of(Json.document(claim)));
  }
}

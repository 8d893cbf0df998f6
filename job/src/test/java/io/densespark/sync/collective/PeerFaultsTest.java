package io.densespark.sync.collective;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.sync.links.CollectiveConfig;
import io.densespark.sync.links.CollectiveException.Reason;
import io.densespark.sync.links.PeerAddress;
import io.densespark.sync.links.RawPeer;
import io.densespark.sync.links.Rendezvous;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A peer whose process dies, stalls, or speaks no sense, seen from the other end of its link. */
class PeerFaultsTest {
  private static final Duration SHORT = Duration.ofSeconds(2);
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  @FunctionalInterface
  private interface Misdeed {
    void commit(RawPeer peer) throws Exception;
  }

  /** Rank 0 sums with a rank 1 that speaks by hand. */
  private Ranks.Failed sumWith(Duration timeout, int length, Misdeed misdeed) throws Exception {
    Rendezvous place = Rendezvous.open("127.0.0.1", "");
    List<PeerAddress> addresses = List.of(place.address(), new PeerAddress("127.0.0.1", 9));
    CollectiveConfig config = Ranks.config(timeout);
    CountDownLatch met = new CountDownLatch(1);
    Future<Ranks.Failed> rank0 =
        threads.submit(
            () -> {
              try (Collective collective = Ranks.connect(place, addresses, 0, config)) {
                met.countDown();
                return Ranks.failureOf(() -> Ranks.sum(collective, new float[length], 0, length));
              }
            });
    try (RawPeer peer = new RawPeer(place.address())) {
      assertThat(peer.isWelcomed(config, 1, 0)).isTrue();
      peer.passRendezvous(1);
      met.await();
      misdeed.commit(peer);
      return Ranks.outcome(rank0).orThrow();
    }
  }

  @Test
  void aPeerThatDiesInTheMiddleOfAMessageIsLostAtOnce() throws Exception {
    Ranks.Failed failed =
        sumWith(
            Ranks.TIMEOUT,
            1_000_000,
            peer -> {
              peer.frame(RawPeer.sum(1, 1_000_000, 2_000_016), new byte[1_000_003]);
              peer.close();
            });
    assertThat(failed.failure())
        .hasFieldOrPropertyWithValue("reason", Reason.PEER_LOST)
        .hasMessageContaining("rank 0: rank 1 at 127.0.0.1:9")
        .hasMessageContaining("all-reduce of 1000000 values");
    assertThat(failed.failure().ranks()).containsExactly(1);
  }

  @Test
  void aPeerThatStallsInTheMiddleOfAMessageTimesOut() throws Exception {
    Ranks.Failed failed =
        sumWith(
            SHORT,
            1_000_000,
            peer -> peer.frame(RawPeer.sum(1, 1_000_000, 2_000_016), new byte[1_000_003]));
    assertThat(failed.failure())
        .hasFieldOrPropertyWithValue("reason", Reason.TIMEOUT)
        .hasMessageContaining("rank 1 at 127.0.0.1:9")
        .hasMessageContaining("step 0")
        .hasMessageContaining("sync.timeout");
    assertThat(failed.millis()).isGreaterThanOrEqualTo(SHORT.toMillis());
  }

  @Test
  void aTrickleOfBytesDoesNotExtendTheTimeout() throws Exception {
    Ranks.Failed failed =
        sumWith(
            SHORT,
            1_000,
            peer -> {
              peer.frame(RawPeer.sum(1, 1_000, 2_016), new byte[0]);
              try {
                for (int i = 0; i < 1_500; i++) {
                  peer.write(new byte[1]);
                  Thread.sleep(100);
                }
              } catch (java.io.IOException e) {
                return; // Given up, as it should be.
              }
              throw new AssertionError("each byte extends the timeout");
            });
    assertThat(failed.failure()).hasFieldOrPropertyWithValue("reason", Reason.TIMEOUT);
    assertThat(failed.millis()).isGreaterThanOrEqualTo(SHORT.toMillis());
  }

  @Test
  void anOversizeLengthIsAMismatchAndAllocatesNothing() throws Exception {
    Ranks.Failed failed =
        sumWith(
            Ranks.TIMEOUT,
            8,
            peer -> peer.frame(RawPeer.sum(1, 8, Integer.MAX_VALUE), new byte[0]));
    assertThat(failed.failure())
        .hasFieldOrPropertyWithValue("reason", Reason.MISMATCH)
        .hasMessageContaining("2147483647 bytes");
  }

  @Test
  void garbageInsteadOfAFrameIsAMismatch() throws Exception {
    Ranks.Failed failed = sumWith(Ranks.TIMEOUT, 8, peer -> peer.write(new byte[200]));
    assertThat(failed.failure())
        .hasFieldOrPropertyWithValue("reason", Reason.MISMATCH)
        .hasMessageContaining("not a frame");
  }

  @Test
  void aForgedSenderIsAMismatch() throws Exception {
    Ranks.Failed failed =
        sumWith(Ranks.TIMEOUT, 8, peer -> peer.frame(RawPeer.sum(0, 8, 32), new byte[32]));
    assertThat(failed.failure()).hasFieldOrPropertyWithValue("reason", Reason.MISMATCH);
  }
}

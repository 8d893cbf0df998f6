package io.densespark.sync.links;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.sync.collective.Collective;
import io.densespark.sync.collective.Ranks;
import io.densespark.sync.collective.Ranks.Outcome;
import io.densespark.sync.links.CollectiveException.Reason;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who takes part, and who does not. */
class RendezvousTest {
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Rendezvous first = Rendezvous.open("127.0.0.1", "");
  private final Rendezvous second = Rendezvous.open("127.0.0.1", "");
  private final List<PeerAddress> addresses = List.of(first.address(), second.address());
  private final CollectiveConfig config = Ranks.config(Ranks.TIMEOUT);

  @AfterEach
  void stop() {
    first.close();
    second.close();
    threads.shutdownNow();
  }

  private static Callable<Float> sumOfOnes(
      Rendezvous place, List<PeerAddress> addresses, int rank, CollectiveConfig config) {
    return () -> {
      try (Collective collective = Ranks.connect(place, addresses, rank, config)) {
        float[] value = {1};
        Ranks.sum(collective, value, 0, 1);
        return value[0];
      }
    };
  }

  /** Rank 0 is waiting; rank 1 comes after the disturbance, and both must succeed. */
  private void succeedsInSpiteOf(Disturbance disturbance) throws Exception {
    Future<Float> rank0 = threads.submit(sumOfOnes(first, addresses, 0, config));
    disturbance.happen();
    Future<Float> rank1 = threads.submit(sumOfOnes(second, addresses, 1, config));
    assertThat(Ranks.outcome(rank0).orThrow()).isEqualTo(2);
    assertThat(Ranks.outcome(rank1).orThrow()).isEqualTo(2);
  }

  @FunctionalInterface
  private interface Disturbance {
    void happen() throws Exception;
  }

  @Test
  void garbageIsRefused() throws Exception {
    succeedsInSpiteOf(
        () -> {
          byte[] garbage = new byte[100_000];
          new Random(3).nextBytes(garbage);
          try (RawPeer stranger = new RawPeer(first.address());
              RawPeer browser = new RawPeer(first.address())) {
            browser.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(10).getBytes("US-ASCII"));
            assertThat(browser.isClosedByPeer()).isTrue();
            try {
              stranger.write(garbage);
            } catch (IOException e) {
              // Refused while it was still writing.
            }
            assertThat(stranger.isClosedByPeer()).isTrue();
          }
        });
  }

  @Test
  void silentSlowAndScanningConnectionsDoNotHoldItUp() throws Exception {
    List<RawPeer> open = new ArrayList<>();
    succeedsInSpiteOf(
        () -> {
          for (int i = 0; i < 150; i++) {
            RawPeer peer = new RawPeer(first.address());
            open.add(peer);
            if (i % 3 == 0) {
              peer.write(new byte[] {'D'});
            } else if (i % 3 == 1) {
              peer.close();
            }
          }
        });
    for (RawPeer peer : open) {
      peer.close();
    }
  }

  @Test
  void aSlowHandshakeIsEnded() throws Exception {
    CollectiveConfig impatient =
        new CollectiveConfig("test-run", Ranks.SECRET, false, Ranks.TIMEOUT, Duration.ofSeconds(1));
    Future<Float> rank0 = threads.submit(sumOfOnes(first, addresses, 0, impatient));
    try (RawPeer slow = new RawPeer(first.address())) {
      slow.write(new byte[] {'D', 'S'});
      assertThat(slow.isClosedByPeer()).isTrue();
    }
    assertThat(rank0.isDone()).isFalse();
    assertThat(sumOfOnes(second, addresses, 1, impatient).call()).isEqualTo(2);
  }

  @Test
  void whoDoesNotKnowTheSecretIsRefused() throws Exception {
    CollectiveConfig stranger =
        CollectiveConfig.of("test-run", RunSecret.random(), false, Ranks.TIMEOUT);
    succeedsInSpiteOf(
        () -> {
          try (RawPeer peer = new RawPeer(first.address())) {
            assertThat(peer.isWelcomed(stranger, 1, 0)).isFalse();
          }
        });
  }

  @Test
  void aRankWithoutTheSecretIsToldWhyAndTheOthersTimeOut() {
    CollectiveConfig good = Ranks.config(Duration.ofSeconds(3));
    CollectiveConfig bad =
        CollectiveConfig.of("test-run", RunSecret.random(), false, Duration.ofSeconds(3));
    List<Outcome<Float>> outcomes =
        Ranks.together(
            List.of(sumOfOnes(first, addresses, 0, good), sumOfOnes(second, addresses, 1, bad)));
    assertThat(outcomes.get(0).failure())
        .hasFieldOrPropertyWithValue("reason", Reason.TIMEOUT)
        .hasMessageContaining("rank 1 at " + second.address());
    assertThat(outcomes.get(1).failure())
        .hasFieldOrPropertyWithValue("reason", Reason.PEER_LOST)
        .hasMessageContaining("rank 0 at " + first.address())
        .hasMessageContaining("does not know this run's secret");
  }

  @Test
  void anotherRunIsRefused() throws Exception {
    CollectiveConfig other = CollectiveConfig.of("another-run", Ranks.SECRET, false, Ranks.TIMEOUT);
    succeedsInSpiteOf(
        () -> {
          try (RawPeer peer = new RawPeer(first.address())) {
            assertThat(peer.isWelcomed(other, 1, 0)).isFalse();
          }
        });
  }

  @Test
  void aRecordedHandshakeIsWorthless() throws Exception {
    byte[] hello = HandshakeMessages.hello(config, 1, 0);
    byte[][] recorded = new byte[1][];
    succeedsInSpiteOf(
        () -> {
          // What an eavesdropper has: hello and a proof that was right for another challenge.
          try (RawPeer honest = new RawPeer(first.address())) {
            honest.write(hello);
            byte[] challenge = honest.read(HandshakeMessages.CHALLENGE_BYTES);
            recorded[0] = config.secret().tag(HandshakeMessages.DIALER, hello, challenge);
          }
          try (RawPeer replay = new RawPeer(first.address())) {
            replay.write(hello);
            replay.read(HandshakeMessages.CHALLENGE_BYTES);
            replay.write(recorded[0]);
            assertThat(replay.isClosedByPeer()).isTrue();
          }
        });
  }

  @Test
  void theAcceptorsOwnTagIsNoProof() throws Exception {
    byte[] hello = HandshakeMessages.hello(config, 1, 0);
    succeedsInSpiteOf(
        () -> {
          try (RawPeer mirror = new RawPeer(first.address())) {
            mirror.write(hello);
            byte[] challenge = mirror.read(HandshakeMessages.CHALLENGE_BYTES);
            byte[] tag = new byte[RunSecret.TAG_BYTES];
            System.arraycopy(challenge, challenge.length - tag.length, tag, 0, tag.length);
            mirror.write(tag);
            assertThat(mirror.isClosedByPeer()).isTrue();
          }
        });
  }

  @Test
  void aWrongRankIsRefused() throws Exception {
    succeedsInSpiteOf(
        () -> {
          for (int[] fromTo : new int[][] {{7, 0}, {0, 0}, {-1, 0}, {1, 1}}) {
            try (RawPeer peer = new RawPeer(first.address())) {
              assertThat(peer.isWelcomed(config, fromTo[0], fromTo[1])).isFalse();
            }
          }
        });
  }

  @Test
  void aSecondProcessOfARankIsRefusedAndTheFirstStays() throws Exception {
    PeerAddress called = new PeerAddress("127.0.0.1", 9);
    List<PeerAddress> three = List.of(first.address(), called, called);
    Future<Boolean> rank0 =
        threads.submit(
            () -> {
              try (Collective collective = Ranks.connect(first, three, 0, config)) {
                return collective != null;
              }
            });
    try (RawPeer one = new RawPeer(first.address());
        RawPeer impostor = new RawPeer(first.address());
        RawPeer two = new RawPeer(first.address())) {
      assertThat(one.isWelcomed(config, 1, 0)).isTrue();
      assertThat(impostor.isWelcomed(config, 1, 0)).isFalse();
      assertThat(two.isWelcomed(config, 2, 0)).isTrue();
      one.passRendezvous(1);
      two.passRendezvous(2);
      assertThat(Ranks.outcome(rank0).orThrow()).isTrue();
    }
  }

  @Test
  void aRankThatNeverComesIsNamedInTime() {
    long start = System.nanoTime();
    assertThatThrownBy(
            () -> Ranks.connect(second, addresses, 1, Ranks.config(Duration.ofMillis(500))))
        .hasFieldOrPropertyWithValue("reason", Reason.TIMEOUT)
        .hasMessageContaining("rank 0 at " + first.address());
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(500_000_000L);
  }

  @Test
  void ranksMayStartInAnyOrder() throws Exception {
    Future<Float> rank1 = threads.submit(sumOfOnes(second, addresses, 1, config));
    Thread.sleep(150);
    assertThat(sumOfOnes(first, addresses, 0, config).call()).isEqualTo(2);
    assertThat(Ranks.outcome(rank1).orThrow()).isEqualTo(2);
  }

  @Test
  void nobodyCanConnectOnceTheRanksHaveMet() throws Exception {
    List<Outcome<Boolean>> outcomes = new ArrayList<>();
    Callable<Boolean> rank0 =
        () -> {
          try (Collective collective = Ranks.connect(first, addresses, 0, config)) {
            collective.barrier();
            assertThatThrownBy(() -> new RawPeer(first.address())).isInstanceOf(IOException.class);
            collective.barrier();
            return true;
          }
        };
    Callable<Boolean> rank1 =
        () -> {
          try (Collective collective = Ranks.connect(second, addresses, 1, config)) {
            collective.barrier();
            collective.barrier();
            return true;
          }
        };
    outcomes.addAll(Ranks.together(List.of(rank0, rank1)));
    assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome.orThrow()).isTrue());
  }

  @Test
  void anInterruptEndsTheWait() throws Exception {
    BlockingQueue<Thread> self = new ArrayBlockingQueue<>(1);
    Future<Boolean> interrupted =
        threads.submit(
            () -> {
              self.add(Thread.currentThread());
              try {
                Ranks.connect(first, addresses, 0, config);
                return false;
              } catch (CollectiveException e) {
                return Thread.currentThread().isInterrupted();
              }
            });
    Thread waiting = self.take();
    Thread.sleep(100);
    waiting.interrupt();
    assertThat(Ranks.outcome(interrupted).orThrow()).isTrue();
  }

  @Test
  void listensWithinTheRangeOfPortsAndSaysWhenItIsFull() {
    int port = first.address().port();
    assertThatThrownBy(() -> Rendezvous.open("127.0.0.1", port + "-" + port))
        .isInstanceOf(java.io.UncheckedIOException.class)
        .hasMessageContaining("sync.port-range = " + port + "-" + port);
    first.close();
    try (Rendezvous again = Rendezvous.open("127.0.0.1", port + "-" + port)) {
      assertThat(again.address().port()).isEqualTo(port);
    }
  }

  /** IPv6 ones as Spark writes them. */
  static Stream<String> loopbackAddresses() throws IOException {
    return NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1"))
        .inetAddresses()
        .map(
            address ->
                address instanceof Inet6Address
                    ? "[" + address.getHostAddress().replaceAll("%.*", "") + "]"
                    : address.getHostAddress());
  }

  @ParameterizedTest
  @MethodSource("loopbackAddresses")
  void ranksMeetAtEveryKindOfAddressThatTheMachineHas(String host) throws Exception {
    try (Rendezvous zero = Rendezvous.open(host, "");
        Rendezvous one = Rendezvous.open(host, "")) {
      List<PeerAddress> both = List.of(zero.address(), one.address());
      Future<Float> rank1 = threads.submit(sumOfOnes(one, both, 1, config));
      assertThat(sumOfOnes(zero, both, 0, config).call()).isEqualTo(2);
      assertThat(Ranks.outcome(rank1).orThrow()).isEqualTo(2);
    }
  }

  @Test
  void theSecretIsNotPrinted() {
    assertThat(config.toString()).contains("secret=RunSecret[hidden]");
  }
}

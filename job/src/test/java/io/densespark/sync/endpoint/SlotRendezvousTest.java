package io.densespark.sync.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.sync.SlotPlace;
import io.densespark.sync.endpoint.RendezvousAnswer.Kind;
import io.densespark.sync.endpoint.SlotMessage.Heartbeat;
import io.densespark.sync.endpoint.SlotMessage.Ready;
import io.densespark.sync.links.CollectiveException.Reason;
import io.densespark.sync.links.PeerAddress;
import io.densespark.sync.tree.Placement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlotRendezvousTest {

  private static final Duration START = Duration.ofSeconds(100);
  private static final Duration TIMEOUT = Duration.ofSeconds(8);

  private final List<RendezvousAnswer> zero = new ArrayList<>();
  private final List<RendezvousAnswer> one = new ArrayList<>();
  private final List<List<SlotPlace>> places = new ArrayList<>();
  private long nanos = Long.MAX_VALUE - 5_000_000_000L; // a clock may overflow
  private final SlotRendezvous point =
      new SlotRendezvous(2, 2, START, TIMEOUT, () -> nanos, places::add);

  @Test
  void tellsEveryAddressToEveryRankWhenTheLastHasCome() {
    point.arrived(ready(2, 1), one::add);
    assertThat(one).isEmpty();

    point.arrived(ready(2, 0), zero::add);

    RendezvousAnswer met = RendezvousAnswer.met(List.of(address(0), address(1)));
    assertThat(zero).containsExactly(met);
    assertThat(one).containsExactly(met);
    assertThat(places)
        .containsExactly(
            List.of(
                new SlotPlace(0, "host-0", "executor", "gpu-0"),
                new SlotPlace(1, "host-1", "executor", "gpu-1")));
    // An answer that got lost is asked for again.
    point.arrived(ready(2, 1), one::add);
    assertThat(one).containsExactly(met, met);
    assertThat(places).hasSize(1);
  }

  @Test
  void waitsForARankThatPreparesForLongAsLongAsItCalls() {
    for (int second = 0; second < 600; second++) {
      point.heard(preparing(2, 1));
      if (zero.size() == second / 2) {
        point.arrived(ready(2, 0), zero::add);
      }
      pass(1);
    }

    assertThat(zero).hasSizeGreaterThan(200).allMatch(answer -> answer.kind() == Kind.WAIT);
    point.arrived(ready(2, 1), one::add);
    assertThat(one).extracting(RendezvousAnswer::kind).containsExactly(Kind.MET);
  }

  @Test
  void endsWhenARankFallsSilentAndNamesItsHostAndWhatItDid() {
    point.heard(preparing(2, 1));
    pass(7);
    point.arrived(ready(2, 0), zero::add);
    pass(1);
    assertThat(zero).isEmpty();
    pass(1);

    assertThat(zero).hasSize(1);
    assertThat(zero.get(0).toException(new Placement(2, List.of(1, 1)), 0))
        .hasFieldOrPropertyWithValue("reason", Reason.TIMEOUT)
        .hasMessageContaining("slot 1 at host-1")
        .hasMessageContaining("preparing its shard");
    assertThat(zero.get(0).slots()).containsExactly(1);
  }

  @Test
  void givesATaskThatHasNotBegunTheTimeToStart() {
    for (int second = 0; second < 100; second++) {
      point.arrived(ready(2, 0), zero::add);
      pass(1);
    }
    assertThat(zero).allMatch(answer -> answer.kind() == Kind.WAIT);

    pass(1);

    assertThat(zero.get(zero.size() - 1).kind()).isEqualTo(Kind.LATE);
    assertThat(zero.get(zero.size() - 1).message()).contains("slot 1, whose task has not begun");
  }

  @Test
  void isAbandonedWhenNoTaskHasBegunInTime() {
    for (int second = 0; second < 100; second++) {
      pass(1);
    }
    assertThat(point.abandoned()).isFalse();

    pass(1);

    assertThat(point.abandoned()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void refusesACallerOfAnotherAttempt(int attempt) {
    point.arrived(ready(attempt, 1), one::add);
    point.arrived(ready(2, 0), zero::add);

    assertThat(one).extracting(RendezvousAnswer::kind).containsExactly(Kind.REFUSED);
    assertThat(zero).isEmpty();
  }

  @Test
  void refusesASecondProcessOfARankAndKeepsTheFirst() {
    point.arrived(ready(2, 1), one::add);
    List<RendezvousAnswer> second = new ArrayList<>();
    point.arrived(
        new Ready(new Heartbeat(2, new SlotPlace(1, "other", "executor", null)), address(7)),
        second::add);
    point.arrived(ready(2, 0), zero::add);

    assertThat(second).extracting(RendezvousAnswer::kind).containsExactly(Kind.REFUSED);
    assertThat(zero.get(0).addresses()).containsExactly(address(0), address(1));
  }

  @Test
  void endsForThoseWhoWaitWhenALaterAttemptBegins() {
    point.arrived(ready(2, 0), zero::add);
    point.end("a later attempt is under way");

    assertThat(zero.get(0).toException(new Placement(2, List.of(1, 1)), 0))
        .hasFieldOrPropertyWithValue("reason", Reason.ABORTED)
        .hasMessageContaining("a later attempt");
  }

  private void pass(int seconds) {
    nanos += Duration.ofSeconds(seconds).toNanos();
    point.tick();
  }

  private static Heartbeat preparing(int attempt, int slot) {
    return new Heartbeat(attempt, new SlotPlace(slot, "host-" + slot, "executor", "gpu-" + slot));
  }

  private static Ready ready(int attempt, int slot) {
    return new Ready(preparing(attempt, slot), address(slot));
  }

  private static PeerAddress address(int rank) {
    return new PeerAddress("host-" + rank, 4000 + rank);
  }
}

package io.densespark.sync.endpoint;

import io.densespark.sync.SlotPlace;
import io.densespark.sync.endpoint.SlotMessage.Heartbeat;
import io.densespark.sync.endpoint.SlotMessage.Ready;
import io.densespark.sync.links.PeerAddress;
import io.densespark.text.Text;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Where the slots of one attempt learn each other's addresses. It lives on the driver, which every
 * executor can reach anyhow, and knows no network: calls are brought to it, and answers taken away.
 *
 * <p>A slot calls from the moment its task starts, so that one that takes long to prepare differs
 * from one that has stopped. Each call is answered within a quarter of the timeout; a slot that has
 * been silent for longer than the timeout ends the rendezvous for all, by name.
 *
 * <p>Thread-safe.
 */
final class SlotRendezvous {

  private final int attempt;
  private final long startNanos;
  private final long startTimeoutNanos;
  private final long timeoutNanos;
  private final LongSupplier clock;
  private final Consumer<List<SlotPlace>> met;
  private final Slot[] slots;
  private RendezvousAnswer outcome;

  /** What is known of a slot. */
  private static final class Slot {
    private SlotPlace place;
    private PeerAddress address;
    private long heardNanos;
    private Consumer<RendezvousAnswer> waiting;
    private long waitingSinceNanos;
  }

  /**
   * @param startTimeout how long a slot may take to call for the first time
   * @param timeout how long one that has called may be silent
   * @param clock nanoseconds, as {@link System#nanoTime}
   * @param met told once of all slots, when the last one has come
   */
  SlotRendezvous(
      int attempt,
      int count,
      Duration startTimeout,
      Duration timeout,
      LongSupplier clock,
      Consumer<List<SlotPlace>> met) {
    this.attempt = attempt;
    this.startTimeoutNanos = startTimeout.toNanos();
    this.timeoutNanos = timeout.toNanos();
    this.clock = clock;
    this.met = met;
    this.startNanos = clock.getAsLong();
    this.slots = new Slot[count];
    Arrays.setAll(slots, slot -> new Slot());
  }

  /** How often a slot that is preparing has to be heard. */
  static Duration heartbeatInterval(Duration timeout) {
    return timeout.dividedBy(4);
  }

  int attempt() {
    return attempt;
  }

  /** A slot is alive, and still preparing. */
  synchronized void heard(Heartbeat call) {
    int number = call.place().slot();
    if (call.attempt() == attempt && number >= 0 && number < slots.length) {
      Slot slot = slots[number];
      slot.place = call.place();
      slot.heardNanos = clock.getAsLong();
    }
  }

  /** A slot is ready; the answer comes now or later, once. */
  synchronized void arrived(Ready call, Consumer<RendezvousAnswer> answer) {
    int number = call.heartbeat().place().slot();
    String refusal = refusal(call, number);
    if (refusal != null) {
      answer.accept(RendezvousAnswer.refused(List.of(number), refusal));
      return;
    }
    heard(call.heartbeat());
    Slot slot = slots[number];
    slot.address = call.address();
    if (outcome == null && Arrays.stream(slots).allMatch(one -> one.address != null)) {
      outcome = RendezvousAnswer.met(Arrays.stream(slots).map(one -> one.address).toList());
      answerAll();
      met.accept(Arrays.stream(slots).map(one -> one.place).toList());
    }
    if (outcome != null) {
      answer.accept(outcome);
      return;
    }
    if (slot.waiting != null) {
      slot.waiting.accept(RendezvousAnswer.askAgain());
    }
    slot.waiting = answer;
    slot.waitingSinceNanos = clock.getAsLong();
  }

  private String refusal(Ready call, int number) {
    int ofCall = call.heartbeat().attempt();
    if (ofCall != attempt) {
      return Text.format("it belongs to attempt %d, and attempt %d is under way", ofCall, attempt);
    }
    if (number < 0 || number >= slots.length) {
      return Text.format("there are %d slots", slots.length);
    }
    PeerAddress taken = slots[number].address;
    return taken == null || taken.equals(call.address())
        ? null
        : Text.format("it listens at %s, and the slot is taken by %s", call.address(), taken);
  }

  /**
   * Answers those who have waited long enough for a sign of life, and ends the rendezvous where a
   * slot has been silent too long. To be called several times in a heartbeat interval.
   */
  synchronized void tick() {
    long now = clock.getAsLong();
    List<Integer> silent = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (int r = 0; r < slots.length; r++) {
      boolean never = slots[r].place == null;
      long silence = now - (never ? startNanos : slots[r].heardNanos);
      if (silence > (never ? startTimeoutNanos : timeoutNanos)) {
        silent.add(r);
        names.add(
            never
                ? Text.format(
                    "slot %d, whose task has not begun for %d ms",
                    r, TimeUnit.NANOSECONDS.toMillis(silence))
                : Text.format(
                    "slot %d at %s, not heard of for %d ms while it was %s",
                    r,
                    slots[r].place.host(),
                    TimeUnit.NANOSECONDS.toMillis(silence),
                    slots[r].address == null ? "preparing its shards" : "waiting"));
      }
    }
    if (outcome == null && !silent.isEmpty()) {
      outcome =
          RendezvousAnswer.late(
              silent,
              Text.format(
                  "the slots could not meet for want of %s; it hangs, is cut off, or needs a longer"
                      + " sync.timeout",
                  String.join("; ", names)));
      answerAll();
    }
    long longest = heartbeatInterval(Duration.ofNanos(timeoutNanos)).toNanos();
    for (Slot slot : slots) {
      if (slot.waiting != null && now - slot.waitingSinceNanos >= longest) {
        slot.waiting.accept(RendezvousAnswer.askAgain());
        slot.waiting = null;
      }
    }
  }

  /** Whether the time to begin has passed and no task has begun. */
  synchronized boolean abandoned() {
    return outcome != null
        && outcome.kind() == RendezvousAnswer.Kind.LATE
        && Arrays.stream(slots).allMatch(slot -> slot.place == null);
  }

  /** Ends it for those who still wait. */
  synchronized void end(String why) {
    if (outcome == null) {
      outcome = RendezvousAnswer.refused(List.of(), why);
      answerAll();
    }
  }

  private void answerAll() {
    for (Slot slot : slots) {
      if (slot.waiting != null) {
        slot.waiting.accept(outcome);
        slot.waiting = null;
      }
    }
  }
}

package io.densespark.sync.collective;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Where the ranks of one attempt learn each other's addresses. It lives on the driver, which every
 * executor can reach anyhow, and knows no network: calls are brought to it, and answers taken away.
 *
 * <p>A rank calls from the moment its task starts, so that one that takes long to prepare differs
 * from one that has stopped. Each call is answered within a quarter of the patience; a rank that
 * has been silent for longer than the patience ends the meeting for all, by name.
 *
 * <p>Thread-safe.
 */
public final class MeetingPoint {

  private final int attempt;
  private final int stageAttempt;
  private final long startNanos;
  private final long startPatienceNanos;
  private final long patienceNanos;
  private final LongSupplier clock;
  private final Rank[] ranks;
  private MeetingAnswer outcome;

  /** What is known of a rank. */
  private static final class Rank {
    private String host;
    private PeerAddress address;
    private long heardNanos;
    private Consumer<MeetingAnswer> waiting;
    private long waitingSinceNanos;
  }

  /**
   * @param startPatience how long a rank may take to call for the first time
   * @param patience how long one that has called may be silent
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  public MeetingPoint(
      int attempt,
      int stageAttempt,
      int worldSize,
      Duration startPatience,
      Duration patience,
      LongSupplier clock) {
    this.attempt = attempt;
    this.stageAttempt = stageAttempt;
    this.startPatienceNanos = startPatience.toNanos();
    this.patienceNanos = patience.toNanos();
    this.clock = clock;
    this.startNanos = clock.getAsLong();
    this.ranks = new Rank[worldSize];
    Arrays.setAll(ranks, rank -> new Rank());
  }

  /** How often a rank that is preparing has to call. */
  public static Duration callInterval(Duration patience) {
    return patience.dividedBy(4);
  }

  /** Below 0, 0 or above: whether a call belongs to an earlier attempt, this one or a later one. */
  public int compare(MeetingCall call) {
    return call.attempt() != attempt
        ? Integer.compare(call.attempt(), attempt)
        : Integer.compare(call.stageAttempt(), stageAttempt);
  }

  /** A rank is alive, and still preparing. */
  public synchronized void heard(MeetingCall call) {
    if (compare(call) == 0 && call.rank() >= 0 && call.rank() < ranks.length) {
      Rank rank = ranks[call.rank()];
      rank.host = call.host();
      rank.heardNanos = clock.getAsLong();
    }
  }

  /** A rank is ready; the answer comes now or later, once. */
  public synchronized void arrived(MeetingCall call, Consumer<MeetingAnswer> answer) {
    if (compare(call) != 0) {
      answer.accept(
          MeetingAnswer.refused(
              call.rank(),
              "it belongs to attempt %d.%d, and attempt %d.%d is under way"
                  .formatted(call.attempt(), call.stageAttempt(), attempt, stageAttempt)));
      return;
    }
    if (call.rank() < 0 || call.rank() >= ranks.length) {
      answer.accept(
          MeetingAnswer.refused(call.rank(), "there are %d ranks".formatted(ranks.length)));
      return;
    }
    Rank rank = ranks[call.rank()];
    if (rank.address != null && !rank.address.equals(call.address())) {
      answer.accept(
          MeetingAnswer.refused(
              call.rank(),
              "it listens at %s, and the rank is taken by %s"
                  .formatted(call.address(), rank.address)));
      return;
    }
    heard(call);
    rank.address = call.address();
    if (outcome == null && Arrays.stream(ranks).allMatch(one -> one.address != null)) {
      outcome = MeetingAnswer.met(Arrays.stream(ranks).map(one -> one.address).toList());
      answerAll();
    }
    if (outcome != null) {
      answer.accept(outcome);
      return;
    }
    if (rank.waiting != null) {
      rank.waiting.accept(MeetingAnswer.askAgain());
    }
    rank.waiting = answer;
    rank.waitingSinceNanos = clock.getAsLong();
  }

  /**
   * Answers those who have waited long enough for a sign of life, and ends the meeting where a rank
   * has been silent too long. To be called several times in a call interval.
   */
  public synchronized void tick() {
    long now = clock.getAsLong();
    List<Integer> silent = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (int r = 0; r < ranks.length; r++) {
      boolean never = ranks[r].host == null;
      long silence = now - (never ? startNanos : ranks[r].heardNanos);
      if (silence > (never ? startPatienceNanos : patienceNanos)) {
        silent.add(r);
        names.add(
            never
                ? "rank %d, whose task has not begun for %d ms"
                    .formatted(r, TimeUnit.NANOSECONDS.toMillis(silence))
                : "rank %d at %s, not heard of for %d ms while it was %s"
                    .formatted(
                        r,
                        ranks[r].host,
                        TimeUnit.NANOSECONDS.toMillis(silence),
                        ranks[r].address == null ? "preparing its shard" : "waiting"));
      }
    }
    if (outcome == null && !silent.isEmpty()) {
      outcome =
          MeetingAnswer.late(
              silent,
              "the ranks could not meet for want of %s; it hangs, is cut off, or needs a longer sync.timeout"
                  .formatted(String.join("; ", names)));
      answerAll();
    }
    long longest = callInterval(Duration.ofNanos(patienceNanos)).toNanos();
    for (Rank rank : ranks) {
      if (rank.waiting != null && now - rank.waitingSinceNanos >= longest) {
        rank.waiting.accept(MeetingAnswer.askAgain());
        rank.waiting = null;
      }
    }
  }

  /** Ends the meeting for those who still wait. */
  public synchronized void end(String why) {
    if (outcome == null) {
      outcome = new MeetingAnswer(MeetingAnswer.Kind.REFUSED, List.of(), List.of(), why);
      answerAll();
    }
  }

  private void answerAll() {
    for (Rank rank : ranks) {
      if (rank.waiting != null) {
        rank.waiting.accept(outcome);
        rank.waiting = null;
      }
    }
  }
}

package io.densespark.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What no single setting forbids but several together do. Each rule is asked only when all the
 * settings that it is about can be read.
 */
final class Combinations {

  /**
   * One rule.
   *
   * @param keys the settings that it is about
   * @param verdict what is wrong; empty: nothing
   */
  record Rule(List<String> keys, Function<Values, Optional<String>> verdict) {}

  private static final String BATCH = "train.batch-size";
  private static final String EPOCHS = "train.epochs";
  private static final String LIMIT = "data.train-limit";
  private static final String MODE = "sync.mode";
  private static final String NAME = "engine.name";
  private static final String PRECISION = "engine.precision";
  private static final String REPLICAS = "sync.replicas";
  private static final String KIND = "train.schedule.kind";
  private static final String MILESTONES = "train.schedule.milestones";
  private static final String WARMUP = "train.schedule.warmup-epochs";
  private static final String PADDING = "data.augment.crop-padding";
  private static final String SIZE = "data.image-size";
  private static final String EVERY_STEPS = "checkpoint.every-steps";
  private static final String LEASE = "run.lock-lease";
  private static final Duration SHORTEST_LEASE = Duration.ofSeconds(5);

  private static final List<Rule> RULES =
      List.of(
          new Rule(List.of(REPLICAS, LIMIT), Combinations::imageForEachReplica),
          new Rule(List.of(REPLICAS, BATCH), Combinations::exampleForEachReplica),
          new Rule(List.of(SIZE, PADDING), Combinations::paddingBelowSize),
          new Rule(List.of(WARMUP, EPOCHS), Combinations::warmupWithinRun),
          new Rule(List.of(KIND, MILESTONES, EPOCHS), Combinations::milestonesWithinRun),
          new Rule(List.of(NAME, PRECISION), Combinations::precisionOfEngine),
          new Rule(List.of(MODE, NAME), Combinations::engineOfMode),
          new Rule(List.of(LEASE), Combinations::leaseOutlastsAPause),
          new Rule(List.of(MODE, EVERY_STEPS), Combinations::checkpointsOfMode),
          new Rule(List.of(MODE, PRECISION), Combinations::precisionOfMode));

  private Combinations() {}

  static List<Rule> rules() {
    return RULES;
  }

  private static Optional<String> imageForEachReplica(Values v) {
    int replicas = v.wholeUnlessWord(REPLICAS).orElse(1);
    int images = v.wholeUnlessWord(LIMIT).orElse(Integer.MAX_VALUE);
    return when(
        replicas > images,
        "more replicas than training images: at most %d replicas have one each".formatted(images));
  }

  private static Optional<String> exampleForEachReplica(Values v) {
    int replicas = v.wholeUnlessWord(REPLICAS).orElse(1);
    return when(
        replicas > v.whole(BATCH),
        "the global batch is shared by all replicas: it must hold at least one example for each");
  }

  private static Optional<String> paddingBelowSize(Values v) {
    return when(
        v.whole(PADDING) >= v.whole(SIZE),
        "a crop could miss the image altogether: the padding must be below the image size");
  }

  private static Optional<String> warmupWithinRun(Values v) {
    return when(
        v.number(WARMUP) >= v.whole(EPOCHS),
        "the warm-up would fill the whole run: it must be shorter than the epochs");
  }

  private static Optional<String> milestonesWithinRun(Values v) {
    if (!v.is(KIND, "step")) {
      return Optional.empty();
    }
    List<Double> milestones = v.numbers(MILESTONES);
    boolean rising = true;
    for (int i = 1; i < milestones.size(); i++) {
      rising &= milestones.get(i) > milestones.get(i - 1);
    }
    boolean inside = milestones.stream().allMatch(epoch -> epoch < v.whole(EPOCHS));
    return when(
        milestones.isEmpty() || !rising || !inside,
        "a step schedule needs milestones, each later than the one before and below the epochs");
  }

  private static Optional<String> precisionOfEngine(Values v) {
    return when(
        v.is(PRECISION, "bf16") && v.is(NAME, "nd4j"),
        "the nd4j engine computes in fp32 only: use engine.name = onednn, or fp32");
  }

  private static Optional<String> engineOfMode(Values v) {
    return when(
        isOfDl4j(v) && v.is(NAME, "onednn"),
        "this mode trains by DL4J's own execution: use engine.name = auto or nd4j, "
            + "or the mode gradient-sharing or parameter-averaging");
  }

  private static Optional<String> precisionOfMode(Values v) {
    return when(
        isOfDl4j(v) && v.is(PRECISION, "bf16"),
        "this mode trains by DL4J's own execution, which is fp32 only");
  }

  private static Optional<String> checkpointsOfMode(Values v) {
    return when(
        isOfDl4j(v) && v.wholeUnlessWord(EVERY_STEPS).isPresent(),
        "this mode trains by DL4J's own execution, which can be saved between epochs only: use none");
  }

  private static Optional<String> leaseOutlastsAPause(Values v) {
    return when(
        v.span(LEASE).compareTo(SHORTEST_LEASE) < 0,
        "a pause of the process or the store would lose the lock: use 5s or more");
  }

  private static boolean isOfDl4j(Values v) {
    return v.text(MODE).startsWith("dl4j-");
  }

  private static Optional<String> when(boolean broken, String message) {
    return broken ? Optional.of(message) : Optional.empty();
  }
}

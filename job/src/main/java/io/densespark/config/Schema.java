package io.densespark.config;

import static io.densespark.config.Setting.decisive;
import static io.densespark.config.Setting.neutral;

import io.densespark.config.SettingType.Choice;
import io.densespark.config.SettingType.Decimal;
import io.densespark.config.SettingType.Decimal.Bound;
import io.densespark.config.SettingType.Flag;
import io.densespark.config.SettingType.Many;
import io.densespark.config.SettingType.OrWord;
import io.densespark.config.SettingType.Span;
import io.densespark.config.SettingType.Text;
import io.densespark.config.SettingType.Whole;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Every setting there is, in the order in which people are shown them. Beside these, entries for
 * Spark stand under {@link #SPARK_CONF}.
 */
final class Schema {

  /** Each name below this key is one quoted word and goes to Spark as it is. */
  static final String SPARK_CONF = "spark.conf";

  static final String ALL = "all";
  static final String AUTO = "auto";
  static final String NONE = "none";

  /** Stands for the number of the model's preset. */
  static final String PRESET = "preset";

  private static final Predicate<String> RUN_ID =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}").asMatchPredicate();
  private static final String NAME_RULE =
      "letters, digits, dots, dashes and underscores, at most 100, the first a letter or digit";

  private static final Predicate<String> NO_SECRET =
      text -> !text.isBlank() && !Secrets.holdsSecret(text);
  private static final Predicate<String> CARRIES_SECRET =
      Pattern.compile("^[a-zA-Z0-9+.-]+://[^/@]*:[^/@]*@").asPredicate();

  private static final Map<String, Setting> SETTINGS =
      Stream.of(data(), model(), train(), execution(), run(), pipeline())
          .flatMap(List::stream)
          .collect(
              Collectors.toMap(Setting::key, Function.identity(), (a, b) -> a, LinkedHashMap::new));

  private Schema() {}

  /** Every setting by its key, in order. */
  static Map<String, Setting> settings() {
    return Collections.unmodifiableMap(SETTINGS);
  }

  /** The setting of a key; empty: there is none. */
  static Optional<Setting> find(String key) {
    return Optional.ofNullable(SETTINGS.get(key));
  }

  /** Whether settings stand below a key. */
  static boolean isSection(String key) {
    return key.equals("spark")
        || key.equals(SPARK_CONF)
        || SETTINGS.keySet().stream().anyMatch(other -> other.startsWith(key + "."));
  }

  private static List<Setting> data() {
    return List.of(
        neutral("data.path", or(AUTO, uri()), "directory of the IDX files; auto: search, download"),
        decisive("data.image-size", whole(1, 1024), "side that images are resized to, in pixels"),
        decisive("data.train-limit", or(ALL, positive()), "training images used, from the first"),
        decisive("data.test-limit", or(ALL, positive()), "test images used, from the first"),
        neutral("data.download", new Flag(), "whether missing files may be downloaded"),
        neutral("data.verify-checksums", new Flag(), "whether files must match published sums"),
        decisive("data.augment.horizontal-flip", new Flag(), "mirror training images at random"),
        decisive(
            "data.augment.crop-padding",
            whole(0, 1024),
            "border before a random crop; 0: no crop"));
  }

  private static List<Setting> model() {
    List<Setting> settings = new ArrayList<>();
    settings.add(decisive("model.name", text("the name of a preset"), "preset to start from"));
    settings.add(decisive("model.classes", whole(2, 100_000), "classes to tell apart"));
    // Every number of the preset can be replaced.
    Stream.of(
            decisive("model.growth-rate", whole(1, 4096), "channels each dense layer adds (k)"),
            decisive("model.block-layers", new Many(whole(1, 1024), 1), "dense layers by block"),
            decisive(
                "model.bottleneck-factor", whole(0, 64), "1x1 bottleneck in growth rates; 0: none"),
            decisive(
                "model.compression",
                number(above(0), upTo(1)),
                "share of channels a transition keeps"),
            decisive(
                "model.dropout",
                number(from(0), below(1)),
                "dropped after a dense layer's convolution"),
            decisive("model.convolution-bias", new Flag(), "whether convolutions carry a bias"),
            decisive(
                "model.batch-norm-decay",
                number(from(0), below(1)),
                "decay of running statistics, in DL4J's sense"),
            decisive(
                "model.batch-norm-epsilon", number(above(0), below(1)), "added to the variance"),
            decisive(
                "model.stem.channels", whole(1, 4096), "output channels of the first convolution"),
            decisive("model.stem.kernel", whole(1, 31), "its kernel side"),
            decisive("model.stem.stride", whole(1, 8), "its stride"),
            decisive("model.stem.normalised", new Flag(), "whether batch norm and ReLU follow it"),
            decisive(
                "model.stem.max-pool", new Flag(), "whether a 3x3 max pool of stride 2 follows"))
        .map(s -> decisive(s.key(), or(PRESET, s.type()), s.doc()))
        .forEach(settings::add);
    return settings;
  }

  private static List<Setting> train() {
    String optimizer = "train.optimizer.kind";
    String schedule = "train.schedule.kind";
    return List.of(
        decisive("train.epochs", whole(1, 1_000_000), "passes over the training images"),
        decisive("train.batch-size", positive(), "examples of one update, over all replicas"),
        decisive("train.seed", whole(Long.MIN_VALUE, Long.MAX_VALUE), "seed of everything random"),
        decisive(optimizer, new Choice(List.of("sgd", "nesterov", "adam")), "update rule"),
        decisive("train.optimizer.learning-rate", number(above(0), unbounded()), "peak rate"),
        decisive(
                "train.optimizer.momentum",
                number(from(0), below(1)),
                "share of the last update kept")
            .usedWhen(optimizer, "nesterov"),
        decisive("train.optimizer.beta1", number(from(0), below(1)), "decay of the mean gradient")
            .usedWhen(optimizer, "adam"),
        decisive(
                "train.optimizer.beta2",
                number(from(0), below(1)),
                "decay of the mean squared gradient")
            .usedWhen(optimizer, "adam"),
        decisive("train.optimizer.epsilon", number(above(0), unbounded()), "added to the divisor")
            .usedWhen(optimizer, "adam"),
        decisive(
            schedule,
            new Choice(List.of("constant", "step", "cosine", "one-cycle")),
            "learning rate after warm-up"),
        decisive(
            "train.schedule.warmup-epochs",
            number(from(0), unbounded()),
            "epochs of linear rise to the peak; 0: none"),
        decisive(
                "train.schedule.milestones",
                new Many(number(above(0), unbounded()), 0),
                "epochs at which the rate falls")
            .usedWhen(schedule, "step"),
        decisive(
                "train.schedule.factor",
                number(above(0), below(1)),
                "what the rate is multiplied by there")
            .usedWhen(schedule, "step"),
        decisive(
                "train.schedule.final-fraction",
                number(from(0), upTo(1)),
                "last rate as a share of the peak")
            .usedWhen(schedule, "cosine", "one-cycle"),
        decisive(
            "train.l2", number(from(0), unbounded()), "coefficient of L2 regularisation; 0: none"),
        decisive(
            "train.label-smoothing",
            number(from(0), below(1)),
            "share of each label spread over all classes"),
        neutral(
            "train.time-limit",
            or(NONE, new Span()),
            "the run stops with exit code 22 after this long"),
        decisive(
            "train.warm-start",
            or(NONE, uri()),
            "DL4J model zip whose parameters training begins from"));
  }

  private static List<Setting> execution() {
    String mode = "sync.mode";
    return List.of(
        decisive(
            "engine.name",
            new Choice(List.of(AUTO, "onednn", "nd4j")),
            "what computes; also plain: engine = auto"),
        decisive(
            "engine.precision",
            new Choice(List.of("fp32", "bf16")),
            "arithmetic of the convolutions"),
        decisive(
            mode,
            new Choice(
                List.of(
                    "gradient-sharing",
                    "parameter-averaging",
                    "dl4j-parameter-averaging",
                    "dl4j-gradient-sharing")),
            "how replicas stay together"),
        decisive(
            "sync.replicas",
            or(AUTO, whole(1, 65_536)),
            "copies of the model in training; auto: one a core"),
        decisive("sync.averaging-frequency", positive(), "steps between two averages of parameters")
            .usedWhen(mode, "parameter-averaging", "dl4j-parameter-averaging"),
        decisive(
                "sync.averaging-warmup-steps",
                whole(0, Integer.MAX_VALUE),
                "first steps averaged one by one: post-local SGD")
            .usedWhen(mode, "parameter-averaging"),
        neutral("sync.timeout", new Span(), "longest wait for another replica"),
        decisive(
                "sync.wire-format",
                new Choice(List.of("fp32", "bf16", "threshold")),
                "how gradients travel")
            .usedWhen(mode, "gradient-sharing"),
        neutral("evaluation.batch-size", positive(), "examples of one inference call"));
  }

  private static List<Setting> run() {
    return List.of(
        neutral(
            "checkpoint.every-epochs",
            positive(),
            "epochs between two checkpoints at an epoch's end, each with a model zip"),
        neutral(
            "checkpoint.every-steps",
            or(NONE, positive()),
            "also whenever the global step is a multiple of this"),
        neutral("checkpoint.every", or(NONE, new Span()), "also this long after the last one"),
        neutral("checkpoint.keep-last", positive(), "newest checkpoints kept"),
        neutral(
            "checkpoint.keep-best",
            whole(0, Integer.MAX_VALUE),
            "checkpoints of the best test accuracy kept beside them"),
        neutral("metrics.every-steps", positive(), "steps between two lines of steps.jsonl"),
        neutral(
            "run.output", uri(), "workspace: directory or Hadoop URI that holds runs/; --output"),
        neutral(
            "run.id",
            or(AUTO, new Text(NAME_RULE, RUN_ID)),
            "name of the run; auto: from the time; --run-id"),
        neutral(
            "run.lock-lease", new Span(), "how long a lock outlives a process that fell silent"),
        neutral("run.master", text("the URL of a Spark master"), "where Spark runs; --master"));
  }

  private static List<Setting> pipeline() {
    return List.of(
        neutral(
            "registry.name", new Text(NAME_RULE, RUN_ID), "model whose versions are registered"),
        neutral(
            "registry.patience", new Span(), "longest wait for another process at the registry"),
        neutral(
            "gate.against-champion",
            new Choice(List.of("not-worse", "better", "significantly-better")),
            "how a version must compare with the champion"),
        neutral(
            "gate.significance",
            number(above(0), below(1)),
            "level of the McNemar test that tells worse and better from chance"),
        neutral("gate.max-accuracy-drop", share(), "accuracy it may lack against the champion"),
        neutral("gate.min-accuracy", share(), "accuracy it must reach"),
        neutral("gate.min-class-recall", share(), "recall its weakest class must reach"),
        neutral("gate.max-calibration-error", share(), "expected calibration error it may have"),
        neutral("gate.max-model-megabytes", whole(1, 1_000_000), "length its zip may have"),
        neutral("gate.max-latency", new Span(), "time one image may take on one thread"),
        neutral(
            "gate.frozen-test-set",
            new Flag(),
            "whether the test images must be those of the champion"),
        neutral(
            "notify.command",
            or(
                NONE,
                new Text(
                    "a command without credentials: put those into a file it reads", NO_SECRET)),
            "run by sh after retrain, the outcome as JSON on its input"),
        neutral("notify.timeout", new Span(), "the command is killed after this long"));
  }

  private static SettingType share() {
    return number(from(0), upTo(1));
  }

  private static SettingType whole(long min, long max) {
    return new Whole(min, max);
  }

  private static SettingType positive() {
    return new Whole(1, Integer.MAX_VALUE);
  }

  private static SettingType number(Bound min, Bound max) {
    return new Decimal(min, max);
  }

  private static Bound from(double at) {
    return new Bound(at, true);
  }

  private static Bound above(double at) {
    return new Bound(at, false);
  }

  private static Bound upTo(double at) {
    return new Bound(at, true);
  }

  private static Bound below(double at) {
    return new Bound(at, false);
  }

  private static Bound unbounded() {
    return new Bound(Double.POSITIVE_INFINITY, false);
  }

  private static SettingType or(String word, SettingType other) {
    return new OrWord(word, other);
  }

  private static SettingType text(String described) {
    return new Text(described, text -> !text.isBlank());
  }

  private static SettingType uri() {
    return new Text(
        "a path or a URI without user and password",
        text -> !text.isBlank() && !CARRIES_SECRET.test(text));
  }
}

package io.densespark.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import io.densespark.config.Layer.Rank;
import io.densespark.scaling.ArmConfig;
import io.densespark.scaling.Cell;
import io.densespark.scaling.Grid;
import io.densespark.scaling.ScaleConfig;
import io.densespark.settings.CanonicalText;
import io.densespark.settings.Declaration;
import io.densespark.settings.Section;
import io.densespark.train.TrainConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A grid and the settings of its runs. A file of a grid is that of a run with one more section:
 *
 * <pre>{@code
 * train { ... }                       # what all runs have in common
 * scale {
 *   base-batch = 64
 *   batches = [64, 256, 1024]         # holds for every arm that does not say otherwise
 *   arms {
 *     none   { rate-growth = none }
 *     linear { rate-growth = linear, batches = [256, 1024], settings { train.l2 = 0 } }
 *   }
 * }
 * }</pre>
 *
 * <p>The settings of an arm go before those of the file, flags before both, and what a cell is made
 * of (batch, seed, rate, warm-up, epochs, replicas) before all.
 */
public final class GridSettings {

  /** Settings of a grid as they are written, beside its arms. */
  @Section("")
  record Root(ScaleConfig scale, ArmConfig arm) {}

  static final Schema SCHEMA = new Schema(Root.class);
  static final String DEFAULTS = "scale.conf";
  private static final String ARMS = "arms";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9-]{1,30}");
  private static final String OWN = Schema.SCALE + ".";

  private final ConfigSources sources;
  private final RunConfigLoader loader;
  private final Map<String, RunConfig> arms = new LinkedHashMap<>();
  private final RunConfig base;
  private final Grid grid;

  private GridSettings(ConfigSources sources, RunConfigLoader loader) {
    this.sources = sources.only(key -> !key.startsWith(OWN));
    this.loader = loader;
    this.base = loader.load(this.sources);
    this.grid = grid(sources);
    grid.candidates().forEach(this::of);
  }

  /**
   * Reads and checks a grid and the settings of every run that it may take.
   *
   * @throws ConfigException naming everything that is wrong with the grid, or with its first run
   *     that cannot be
   */
  public static GridSettings load(ConfigSources sources, RunConfigLoader loader) {
    return new GridSettings(sources, loader);
  }

  /** What a grid is told where its file does not say. */
  static Layers defaults() {
    return Layers.of(
        new Layer(SCHEMA, Rank.DEFAULT, new ArrayList<>()).addAll(Layers.readDefaults(DEFAULTS)));
  }

  public Grid grid() {
    return grid;
  }

  /** The settings that its runs have in common. */
  public RunConfig base() {
    return base;
  }

  /**
   * What the grid was told, by dotted name: the settings in use that its runs have in common, those
   * of the grid, and those of each arm.
   */
  public Map<String, String> texts() {
    Map<String, String> texts = ResolvedSettings.inUse(base.settings().toJson());
    texts.keySet().removeIf(key -> key.matches("(run|registry|gate|notify)\\..*"));
    put(texts, "grid.", grid.scale());
    for (ArmConfig arm : grid.arms()) {
      put(texts, "arm " + arm.name() + ".", arm);
      arm.settings().forEach((key, value) -> texts.put("arm " + arm.name() + "." + key, value));
    }
    return texts;
  }

  private static void put(Map<String, String> texts, String prefix, Record settings) {
    Declaration.values(settings)
        .forEach(
            (key, value) ->
                texts.put(prefix + key.substring(OWN.length()), CanonicalText.of(value)));
  }

  /** The settings of one run. */
  public RunConfig of(Cell cell) {
    return of(cell, Map.of());
  }

  /**
   * The settings of one run.
   *
   * @param limit the run stops after this long, or earlier if its own settings say so
   */
  public RunConfig of(Cell cell, String runId, Duration limit) {
    Duration shorter =
        arms.get(cell.arm())
            .train()
            .timeLimit()
            .filter(own -> own.compareTo(limit) < 0)
            .orElse(limit);
    return of(cell, Map.of("run.id", runId, "train.time-limit", CanonicalText.of(shorter)));
  }

  private RunConfig of(Cell cell, Map<String, String> more) {
    ArmConfig arm = grid.arm(cell.arm());
    TrainConfig ofArm = arms.get(arm.name()).train();
    Map<String, String> own =
        new TreeMap<>(
            arm.settings(
                cell, grid.scale().baseBatch(), ofArm.schedule().warmupEpochs(), ofArm.epochs()));
    own.putAll(more);
    return loader.load(sources.between(where(arm.name()), arm.settings(), own));
  }

  private Grid grid(ConfigSources all) {
    List<Problem> found = new ArrayList<>();
    ConfigObject section = Layers.section(Schema.SCALE, sources, found);
    Layer defaults = new Layer(SCHEMA, Rank.DEFAULT, found).addAll(Layers.readDefaults(DEFAULTS));
    Layer file = layer(section.withoutKey(ARMS), found);
    Layer flags = Layers.flags(SCHEMA, all.only(key -> key.startsWith(OWN)).assignments(), found);
    Root common = bind("", Map.of(), Layers.of(defaults, file, flags), found);
    List<ArmConfig> made = new ArrayList<>();
    armObjects(section, found)
        .forEach(
            (name, arm) -> {
              Map<String, String> settings = settings(arm);
              Layers layers =
                  Layers.of(defaults, file, layer(arm.withoutKey("settings"), found), flags);
              Root root = bind(name, settings, layers, found);
              if (!root.scale().equals(common.scale())) {
                found.add(
                    Problem.general(
                        where(name)
                            + " sets what holds for the whole grid: base-batch, target-accuracy, time-limit, cells-at-once and only stand in scale itself"));
              }
              made.add(root.arm());
            });
    Set<String> names = new LinkedHashSet<>(made.stream().map(ArmConfig::name).toList());
    if (names.isEmpty()) {
      found.add(
          Problem.general(
              "a grid needs a section scale.arms with an arm at least, such as scale.arms.linear { rate-growth = linear }: conf/large-batch.conf is an example"));
    } else if (!names.containsAll(common.scale().only())) {
      found.add(
          Problem.general("scale.only names " + common.scale().only() + ": the arms are " + names));
    }
    List<String> only = common.scale().only();
    made.removeIf(arm -> !only.isEmpty() && !only.contains(arm.name()));
    throwIfAny(found);
    return new Grid(common.scale(), made.stream().map(arm -> withRates(arm, found)).toList());
  }

  /** An arm that names no rates has that of its settings. */
  private ArmConfig withRates(ArmConfig arm, List<Problem> found) {
    RunConfig config = loader.load(sources.between(where(arm.name()), arm.settings(), Map.of()));
    arms.put(arm.name(), config);
    if (arm.localBatch().isEmpty() && config.sync().replicas().isEmpty()) {
      found.add(
          Problem.general(
              where(arm.name())
                  + " leaves the number of replicas to the machine, on which a finding must not depend: set scale.local-batch or sync.replicas"));
      throwIfAny(found);
    }
    return arm.rates().isEmpty()
        ? new ArmConfig(
            arm.name(),
            arm.batches(),
            arm.seeds(),
            arm.localBatch(),
            arm.rateGrowth(),
            arm.warmupGrowth(),
            List.of(config.train().optimizer().learningRate()),
            arm.budget(),
            arm.choice(),
            arm.settings())
        : arm;
  }

  private static Root bind(
      String name, Map<String, String> settings, Layers layers, List<Problem> found) {
    Map<String, Object> others = Map.of("name", name, "settings", settings);
    return new Binder(SCHEMA, layers, found).bind(Root.class, others::get);
  }

  private static Layer layer(ConfigObject section, List<Problem> found) {
    return new Layer(SCHEMA, Rank.FILE, found).addAll(section.atKey(Schema.SCALE).root());
  }

  /** The arms in the order in which they are written. */
  private static Map<String, ConfigObject> armObjects(ConfigObject section, List<Problem> found) {
    Map<String, ConfigObject> ordered = new LinkedHashMap<>();
    if (section.get(ARMS) instanceof ConfigObject all) {
      all.entrySet().stream()
          .sorted(Comparator.comparingInt(entry -> entry.getValue().origin().lineNumber()))
          .forEach(
              entry -> {
                if (!NAME.matcher(entry.getKey()).matches()) {
                  found.add(
                      Problem.general(
                          where(entry.getKey())
                              + ": names of arms are up to 30 letters, digits and dashes"));
                } else if (entry.getValue() instanceof ConfigObject arm) {
                  ordered.put(entry.getKey(), arm);
                } else {
                  found.add(
                      Problem.general(
                          where(entry.getKey()) + " must be a section: { rate-growth = linear }"));
                }
              });
    }
    return ordered;
  }

  /** The settings of an arm by dotted name, as a command line would have them. */
  private static Map<String, String> settings(ConfigObject arm) {
    Map<String, String> settings = new TreeMap<>();
    if (arm.get("settings") instanceof ConfigObject section) {
      Config config = section.toConfig();
      for (Map.Entry<String, ConfigValue> entry : config.entrySet()) {
        settings.put(
            String.join(".", ConfigUtil.splitPath(entry.getKey())),
            String.valueOf(entry.getValue().unwrapped()));
      }
    }
    return settings;
  }

  private static String where(String arm) {
    return "arm " + arm;
  }

  private static void throwIfAny(List<Problem> found) {
    if (!found.isEmpty()) {
      throw new ConfigException(new ArrayList<>(new LinkedHashSet<>(found)));
    }
  }
}

package io.densespark.model;

import io.densespark.model.DenseNetSpec.Stem;
import io.densespark.text.Text;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The DenseNets known by name. All of them have {@value #CLASSES} classes, no dropout and no
 * convolution biases until told otherwise.
 *
 * <ul>
 *   <li>{@code tutorial}: blocks [4, 4, 4, 4], growth rate 32, no bottlenecks, halving transitions,
 *       the ImageNet stem; the net of the textbook "Dive into Deep Learning".
 *   <li>{@code densenet}, {@code densenet-b}, {@code densenet-c}, {@code densenet-bc}: the same
 *       stem, blocks and growth rate with neither, either or both of bottlenecks (B) and
 *       compression (C). {@code densenet-c} and {@code tutorial} are one net under the name of each
 *       family.
 *   <li>{@code densenet-bc-L-k}: the paper's nets for CIFAR of depth L and growth rate k.
 *   <li>{@code densenet-121} to {@code densenet-264}: the paper's nets for ImageNet.
 * </ul>
 */
public final class DenseNetPresets {

  /** The preset used where none is named. */
  public static final String DEFAULT = "densenet-bc";

  /** Classes of every preset: those of Fashion-MNIST and CIFAR-10. */
  public static final int CLASSES = 10;

  private static final int PAPER_BOTTLENECK = 4;
  private static final double PAPER_COMPRESSION = 0.5;
  private static final double BATCH_NORM_DECAY = 0.9;
  private static final double BATCH_NORM_EPSILON = 1e-5;

  private static final Map<String, DenseNetSpec> PRESETS = presets();

  private DenseNetPresets() {}

  /**
   * The preset of that name.
   *
   * @throws ModelException when there is none, listing those there are
   */
  public static DenseNetSpec named(String name) {
    DenseNetSpec spec = PRESETS.get(name);
    if (spec == null) {
      throw new ModelException(
          Text.format(
              "there is no model '%s'; choose one of %s", name, String.join(", ", names())));
    }
    return spec;
  }

  /** All names, small nets first within each family. */
  public static Set<String> names() {
    return PRESETS.keySet();
  }

  private static Map<String, DenseNetSpec> presets() {
    Map<String, DenseNetSpec> presets = new LinkedHashMap<>();
    add(presets, small("tutorial", 0, PAPER_COMPRESSION));
    add(presets, small("densenet", 0, 1));
    add(presets, small("densenet-b", PAPER_BOTTLENECK, 1));
    add(presets, small("densenet-c", 0, PAPER_COMPRESSION));
    add(presets, small("densenet-bc", PAPER_BOTTLENECK, PAPER_COMPRESSION));
    add(presets, cifar(40, 12));
    add(presets, cifar(100, 12));
    add(presets, cifar(190, 40));
    add(presets, imageNet("densenet-121", 32, 6, 12, 24, 16));
    add(presets, imageNet("densenet-161", 48, 6, 12, 36, 24));
    add(presets, imageNet("densenet-169", 32, 6, 12, 32, 32));
    add(presets, imageNet("densenet-201", 32, 6, 12, 48, 32));
    add(presets, imageNet("densenet-264", 32, 6, 12, 64, 48));
    return Collections.unmodifiableMap(presets);
  }

  private static void add(Map<String, DenseNetSpec> presets, DenseNetSpec spec) {
    presets.put(spec.name(), spec);
  }

  private static DenseNetSpec small(String name, int bottleneckFactor, double compression) {
    return spec(name, imageNetStem(64), 32, List.of(4, 4, 4, 4), bottleneckFactor, compression);
  }

  /** Three equal blocks, whose layers make up a depth L together with 4 further ones. */
  private static DenseNetSpec cifar(int depth, int growthRate) {
    int layers = (depth - 4) / 6;
    return spec(
        "densenet-bc-" + depth + "-" + growthRate,
        new Stem(2 * growthRate, 3, 1, false, false),
        growthRate,
        List.of(layers, layers, layers),
        PAPER_BOTTLENECK,
        PAPER_COMPRESSION);
  }

  private static DenseNetSpec imageNet(String name, int growthRate, Integer... blockLayers) {
    return spec(
        name,
        imageNetStem(2 * growthRate),
        growthRate,
        List.of(blockLayers),
        PAPER_BOTTLENECK,
        PAPER_COMPRESSION);
  }

  private static Stem imageNetStem(int channels) {
    return new Stem(channels, 7, 2, true, true);
  }

  private static DenseNetSpec spec(
      String name,
      Stem stem,
      int growthRate,
      List<Integer> blockLayers,
      int bottleneckFactor,
      double compression) {
    return new DenseNetSpec(
        name,
        OptionalInt.of(CLASSES),
        stem,
        growthRate,
        blockLayers,
        bottleneckFactor,
        compression,
        0,
        false,
        BATCH_NORM_DECAY,
        BATCH_NORM_EPSILON,
        DenseNetSpec.Initialisation.HE);
  }
}

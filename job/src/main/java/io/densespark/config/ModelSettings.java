package io.densespark.config;

import io.densespark.model.DenseNetPresets;
import io.densespark.model.DenseNetSpec;
import io.densespark.model.DenseNetSpec.Stem;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Between the settings under {@code model.} and a {@link DenseNetSpec}. */
final class ModelSettings {

  private static final String NAME = "model.name";
  private static final String IMAGE_SIZE = "data.image-size";

  private ModelSettings() {}

  /** The model that is set; what does not fit is added to the problems. */
  static Optional<DenseNetSpec> read(Layers layers, Values values, List<Problem> problems) {
    if (!values.has(NAME)) {
      return Optional.empty();
    }
    String name = values.text(NAME);
    Set<String> names = DenseNetPresets.names();
    if (!names.contains(name)) {
      String near = NearestKey.among(names, name).map("; did you mean %s?"::formatted).orElse("");
      problems.add(problem(layers, "must be one of " + String.join(", ", names) + near, NAME));
      return Optional.empty();
    }
    if (!keys().stream().allMatch(values::has)) {
      return Optional.empty();
    }
    try {
      DenseNetSpec model = replace(DenseNetPresets.named(name), values);
      requireImageSize(model, layers, values, problems);
      return Optional.of(model);
    } catch (IllegalArgumentException e) {
      String[] replaced =
          keys().stream().filter(key -> !values.is(key, Schema.PRESET)).toArray(String[]::new);
      problems.add(problem(layers, e.getMessage(), replaced));
      return Optional.empty();
    }
  }

  private static void requireImageSize(
      DenseNetSpec model, Layers layers, Values values, List<Problem> problems) {
    int least = model.minimumImageSide();
    if (values.has(IMAGE_SIZE) && values.whole(IMAGE_SIZE) < least) {
      String message = "nothing would be left of such images: this net needs at least " + least;
      problems.add(problem(layers, message, IMAGE_SIZE, NAME));
    }
  }

  private static Problem problem(Layers layers, String message, String... keys) {
    return new Problem(
        Arrays.stream(keys).map(key -> layers.settings().get(key).culprit(key)).toList(), message);
  }

  /** Keys of the settings that make up a model, its name apart. */
  static Set<String> keys() {
    Map<String, Setting> settings = new LinkedHashMap<>(Schema.settings());
    settings.keySet().removeIf(key -> !key.startsWith("model.") || key.equals(NAME));
    return settings.keySet();
  }

  /** The preset, with the values that are set in place of its own. */
  static DenseNetSpec replace(DenseNetSpec preset, Values values) {
    Map<String, Object> own = of(preset);
    Map<String, Object> chosen = new LinkedHashMap<>();
    for (String key : keys()) {
      chosen.put(key, values.is(key, Schema.PRESET) ? own.get(key) : values.get(key));
    }
    Values v = new Values(chosen);
    return new DenseNetSpec(
        preset.name(),
        v.whole("model.classes"),
        new Stem(
            v.whole("model.stem.channels"),
            v.whole("model.stem.kernel"),
            v.whole("model.stem.stride"),
            v.flag("model.stem.normalised"),
            v.flag("model.stem.max-pool")),
        v.whole("model.growth-rate"),
        v.wholes("model.block-layers"),
        v.whole("model.bottleneck-factor"),
        v.number("model.compression"),
        v.number("model.dropout"),
        v.flag("model.convolution-bias"),
        v.number("model.batch-norm-decay"),
        v.number("model.batch-norm-epsilon"));
  }

  /** Every number of a model under its key. */
  static Map<String, Object> of(DenseNetSpec spec) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put(NAME, spec.name());
    values.put("model.classes", (long) spec.classes());
    values.put("model.growth-rate", (long) spec.growthRate());
    values.put("model.block-layers", spec.blockLayers().stream().map(Integer::longValue).toList());
    values.put("model.bottleneck-factor", (long) spec.bottleneckFactor());
    values.put("model.compression", spec.compression());
    values.put("model.dropout", spec.dropout());
    values.put("model.convolution-bias", spec.convolutionBias());
    values.put("model.batch-norm-decay", spec.batchNormDecay());
    values.put("model.batch-norm-epsilon", spec.batchNormEpsilon());
    values.put("model.stem.channels", (long) spec.stem().channels());
    values.put("model.stem.kernel", (long) spec.stem().kernel());
    values.put("model.stem.stride", (long) spec.stem().stride());
    values.put("model.stem.normalised", spec.stem().normalised());
    values.put("model.stem.max-pool", spec.stem().maxPool());
    return values;
  }
}

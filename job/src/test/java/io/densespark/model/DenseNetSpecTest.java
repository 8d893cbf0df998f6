package io.densespark.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class DenseNetSpecTest {

  private static final DenseNetSpec BC = DenseNetPresets.named("densenet-bc");

  /** The paper puts the depth into the names of its nets, though densenet-264's blocks make 265. */
  @ParameterizedTest
  @CsvSource({
    "densenet-bc-40-12, 40",
    "densenet-bc-100-12, 100",
    "densenet-bc-190-40, 190",
    "densenet-121, 121",
    "densenet-161, 161",
    "densenet-169, 169",
    "densenet-201, 201",
    "densenet-264, 265"
  })
  void namesTellTheDepth(String name, int depth) {
    DenseNetSpec spec = DenseNetPresets.named(name);
    int dense = spec.blockLayers().stream().mapToInt(Integer::intValue).sum();
    int layers = dense * (spec.bottleneckFactor() > 0 ? 2 : 1);
    assertThat(1 + layers + spec.blockLayers().size() - 1 + 1).isEqualTo(depth);
  }

  @Test
  void presetsCarryTheNamesTheyAreFoundUnder() {
    assertThat(DenseNetPresets.names())
        .hasSize(13)
        .contains(DenseNetPresets.DEFAULT)
        .allSatisfy(name -> assertThat(DenseNetPresets.named(name).name()).isEqualTo(name));
  }

  @Test
  void unknownPresetListsTheKnownOnes() {
    assertThatThrownBy(() -> DenseNetPresets.named("densenet-122"))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("'densenet-122'", "tutorial", "densenet-121");
  }

  @Test
  void tutorialAndCompressedFamilyMemberAreOneNet() {
    assertThat(Specs.with(DenseNetPresets.named("tutorial"), Map.of("name", "densenet-c")))
        .isEqualTo(DenseNetPresets.named("densenet-c"));
  }

  static Stream<Arguments> nonsense() {
    return Stream.of(
        Arguments.of("name", " ", "name", " "),
        Arguments.of("classes", "1", "classes", 1),
        Arguments.of("growth-rate", "0", "growthRate", 0),
        Arguments.of("block-layers", "[]", "blockLayers", List.of()),
        Arguments.of("block-layers", "[4, 0]", "blockLayers", List.of(4, 0)),
        Arguments.of("bottleneck-factor", "-1", "bottleneckFactor", -1),
        Arguments.of("compression", "0", "compression", 0),
        Arguments.of("compression", "1.1", "compression", 1.1),
        Arguments.of("compression", "NaN", "compression", Double.NaN),
        Arguments.of("dropout", "1", "dropout", 1),
        Arguments.of("dropout", "-0.1", "dropout", -0.1),
        Arguments.of("batch-norm-decay", "1", "batchNormDecay", 1),
        Arguments.of("batch-norm-epsilon", "0", "batchNormEpsilon", 0));
  }

  @ParameterizedTest(name = "{0} = {1}")
  @MethodSource("nonsense")
  void numbersThatMakeNoNetAreRefused(String field, String value, String component, Object wrong) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Specs.with(BC, Map.of(component, wrong)))
        .withMessageContainingAll(field, value);
  }

  @ParameterizedTest
  @CsvSource({"0, 7, 2, channels", "64, 2, 2, kernel", "64, 0, 2, kernel", "64, 7, 0, stride"})
  void stemsThatMakeNoNetAreRefused(int channels, int kernel, int stride, String field) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new DenseNetSpec.Stem(channels, kernel, stride, true, true))
        .withMessageContaining("stem." + field);
  }

  @Test
  void laterChangesToTheListOfBlocksDoNotReachTheSpec() {
    List<Integer> blocks = new ArrayList<>(List.of(4, 4));
    DenseNetSpec spec = Specs.with(BC, Map.of("blockLayers", blocks));
    blocks.clear();
    assertThat(spec.blockLayers()).containsExactly(4, 4);
  }

  @ParameterizedTest
  @CsvSource({"0.5, 215, 107", "0.29, 100, 29", "0.23, 45, 10", "1, 64, 64", "0.01, 5, 1"})
  void compressionRoundsDownInDecimals(double compression, int channels, int kept) {
    assertThat(Specs.with(BC, Map.of("compression", compression)).compressed(channels))
        .isEqualTo(kept);
  }
}

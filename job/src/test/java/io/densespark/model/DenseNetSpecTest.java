package io.densespark.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
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
    assertThat(DenseNetPresets.named(name).depth()).isEqualTo(depth);
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
    assertThat(DenseNetPresets.named("tutorial").toBuilder().name("densenet-c").build())
        .isEqualTo(DenseNetPresets.named("densenet-c"));
  }

  @Test
  void builderChangesEveryNumber() {
    DenseNetSpec changed =
        BC.toBuilder()
            .name("mine")
            .classes(7)
            .stem(new DenseNetSpec.Stem(5, 1, 1, false, false))
            .growthRate(3)
            .blockLayers(List.of(1, 2))
            .bottleneckFactor(2)
            .compression(0.25)
            .dropout(0.2)
            .convolutionBias(true)
            .batchNormDecay(0.99)
            .batchNormEpsilon(1e-3)
            .initialisation(DenseNetSpec.Initialisation.XAVIER)
            .build();
    assertThat(changed)
        .isEqualTo(
            new DenseNetSpec(
                "mine",
                7,
                new DenseNetSpec.Stem(5, 1, 1, false, false),
                3,
                List.of(1, 2),
                2,
                0.25,
                0.2,
                true,
                0.99,
                1e-3,
                DenseNetSpec.Initialisation.XAVIER));
    assertThat(BC.toBuilder().build()).isEqualTo(BC);
  }

  static Stream<Arguments> nonsense() {
    return Stream.of(
        nonsense("name", " ", b -> b.name(" ")),
        nonsense("classes", "1", b -> b.classes(1)),
        nonsense("growth-rate", "0", b -> b.growthRate(0)),
        nonsense("block-layers", "[]", b -> b.blockLayers(List.of())),
        nonsense("block-layers", "[4, 0]", b -> b.blockLayers(List.of(4, 0))),
        nonsense("bottleneck-factor", "-1", b -> b.bottleneckFactor(-1)),
        nonsense("compression", "0", b -> b.compression(0)),
        nonsense("compression", "1.1", b -> b.compression(1.1)),
        nonsense("compression", "NaN", b -> b.compression(Double.NaN)),
        nonsense("dropout", "1", b -> b.dropout(1)),
        nonsense("dropout", "-0.1", b -> b.dropout(-0.1)),
        nonsense("batch-norm-decay", "1", b -> b.batchNormDecay(1)),
        nonsense("batch-norm-epsilon", "0", b -> b.batchNormEpsilon(0)));
  }

  private static Arguments nonsense(
      String field, String value, UnaryOperator<DenseNetSpecBuilder> change) {
    return Arguments.of(field, value, change);
  }

  @ParameterizedTest(name = "{0} = {1}")
  @MethodSource("nonsense")
  void numbersThatMakeNoNetAreRefused(
      String field, String value, UnaryOperator<DenseNetSpecBuilder> change) {
    DenseNetSpecBuilder builder = change.apply(BC.toBuilder());
    assertThatIllegalArgumentException()
        .isThrownBy(builder::build)
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
    DenseNetSpec spec = BC.toBuilder().blockLayers(blocks).build();
    blocks.clear();
    assertThat(spec.blockLayers()).containsExactly(4, 4);
  }

  @ParameterizedTest
  @CsvSource({"0.5, 215, 107", "0.29, 100, 29", "0.23, 45, 10", "1, 64, 64", "0.01, 5, 1"})
  void compressionRoundsDownInDecimals(double compression, int channels, int kept) {
    assertThat(BC.toBuilder().compression(compression).build().compressed(channels))
        .isEqualTo(kept);
  }
}

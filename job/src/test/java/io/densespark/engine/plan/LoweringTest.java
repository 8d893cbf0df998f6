package io.densespark.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.PlanConfig.Purpose;
import io.densespark.engine.graph.Graph;
import io.densespark.engine.plan.Instruction.NormForward;
import io.densespark.engine.plan.Instruction.Statistics;
import io.densespark.engine.plan.PlanOptions.Optimization;
import io.densespark.engine.plan.Tensor.Image;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class LoweringTest {

  private static Graph denseBlock(int stem, int growth, int layers) {
    Sketch net = new Sketch(1, 6, 6);
    int x = net.conv(0, 3, stem);
    for (int i = 0; i < layers; i++) {
      x = net.concat(x, net.conv(net.relu(net.norm(x)), 3, growth));
    }
    return net.classify(net.relu(net.norm(x)));
  }

  private static Program lower(Graph graph, Purpose purpose, PlanOptions options) {
    return Lowering.lower(
        Passes.apply(graph, purpose, options),
        4,
        16,
        Element.FLOAT32,
        purpose,
        options,
        ConvolutionChooser.IN_PLACE);
  }

  private static <T> List<T> all(Program program, Class<T> type) {
    return program.instructions().stream().filter(type::isInstance).map(type::cast).toList();
  }

  @Example
  void denseBlockNeedsNoCopies() {
    Program program = lower(denseBlock(24, 12, 3), Purpose.TRAINING, PlanOptions.all());
    assertThat(all(program, Instruction.Copy.class)).isEmpty();
    assertThat(all(program, Instruction.Zero.class)).isEmpty();
  }

  @Example
  void denseBlockCopiesEveryPartWithoutElision() {
    PlanOptions off = PlanOptions.all().without(Optimization.ELIDE_CONCAT);
    Program program = lower(denseBlock(24, 12, 3), Purpose.INFERENCE, off);
    assertThat(all(program, Instruction.Copy.class)).hasSize(6);
  }

  @Example
  void everyChannelsStatisticsAreComputedOnce() {
    Program program = lower(denseBlock(16, 32, 3), Purpose.TRAINING, PlanOptions.all());
    int computed =
        all(program, NormForward.class).stream()
            .filter(n -> n.statistics() == Statistics.COMPUTED)
            .mapToInt(n -> ((Image) n.src()).channels().physical())
            .sum();
    assertThat(computed).isEqualTo(16 + 3 * 32);
  }

  @Example
  void everyNormComputesItsOwnStatisticsWithoutSharing() {
    PlanOptions off = PlanOptions.all().without(Optimization.SHARE_STATISTICS);
    Program program = lower(denseBlock(16, 32, 3), Purpose.TRAINING, off);
    assertThat(all(program, NormForward.class))
        .hasSize(4)
        .allMatch(n -> n.statistics() == Statistics.COMPUTED);
  }

  @Example
  void inferenceHasNoBackwardInstructionsAndNoWorkspaces() {
    Program program = lower(denseBlock(16, 32, 2), Purpose.INFERENCE, PlanOptions.all());
    assertThat(program.stores()).isEmpty();
    assertThat(program.statistics()).isEmpty();
    assertThat(program.instructions())
        .noneMatch(i -> i.getClass().getSimpleName().contains("Backward"))
        .noneMatch(i -> i instanceof NormForward n && n.site().workspace().isPresent());
  }

  /** The first contribution to a gradient overwrites: nothing may be read that was not written. */
  @Property(tries = 50)
  void gradientsAreWrittenBeforeTheyAreRead(
      @ForAll @IntRange(min = 1, max = 40) int stem,
      @ForAll @IntRange(min = 1, max = 40) int growth,
      @ForAll @IntRange(max = 4) int layers,
      @ForAll boolean elide) {
    PlanOptions options =
        elide ? PlanOptions.all() : PlanOptions.all().without(Optimization.ELIDE_CONCAT);
    Program program = lower(denseBlock(stem, growth, layers), Purpose.TRAINING, options);
    new WrittenChannels(program).verify();
  }
}

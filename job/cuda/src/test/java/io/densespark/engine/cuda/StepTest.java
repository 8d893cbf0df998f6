package io.densespark.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.plan.ChannelMap;
import io.densespark.engine.plan.Element;
import io.densespark.engine.plan.Instruction;
import io.densespark.engine.plan.Instruction.NormBackward;
import io.densespark.engine.plan.Instruction.Sum;
import io.densespark.engine.plan.Instruction.Zero;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Vector;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StepTest {
  private static final Image SOURCE = image(0, 0, 5);
  private static final Image ADDEND = image(1, 0, 5);

  /** Of a larger image, as in a dense block. */
  private static final Image TARGET = image(2, 3, 5);

  private static final Sum SUM = new Sum(TARGET, ADDEND, TARGET);
  private static final NormBackward FIRST = norm(ADDEND.channelRange(0, 2));
  private static final NormBackward SECOND = norm(ADDEND.channelRange(2, 3));

  private static Image image(int buffer, int firstChannel, int channels) {
    return new Image(
        buffer, firstChannel, ChannelMap.of(channels, 1), 4, 2, 2, 1, Element.BFLOAT16);
  }

  private static NormBackward norm(Image dSrc) {
    Vector vector = new Vector(9, 0, dSrc.channels().physical());
    Instruction.NormSite site =
        new Instruction.NormSite("norm", 0, true, vector, vector, vector, vector, Optional.empty());
    return new NormBackward(site, SOURCE, dSrc, dSrc, vector, vector);
  }

  private static Step alone(Instruction instruction) {
    return new Step(instruction, false);
  }

  @Test
  void normsAddTheirGradientWhereItIsWanted() {
    List<Step> steps = Step.of(List.of(FIRST, SECOND, SUM, new Zero(TARGET)));

    assertThat(steps).hasSize(3).extracting(Step::adds).containsExactly(true, true, false);
    assertThat(((NormBackward) steps.get(0).instruction()).dSrc()).isEqualTo(image(2, 3, 2));
    assertThat(((NormBackward) steps.get(1).instruction()).dSrc()).isEqualTo(image(2, 5, 3));
    assertThat(((NormBackward) steps.get(1).instruction()).dDst()).isEqualTo(SECOND.dDst());
  }

  @Test
  void anAddendThatIsReadLaterIsWritten() {
    Sum later = new Sum(SOURCE, ADDEND, SOURCE);

    assertThat(Step.of(List.of(FIRST, SECOND, SUM, later)))
        .containsExactly(alone(FIRST), alone(SECOND), alone(SUM), alone(later));
  }

  @Test
  void anAddendThatNormsMakeInPartIsWritten() {
    assertThat(Step.of(List.of(SECOND, SUM))).containsExactly(alone(SECOND), alone(SUM));
  }
}

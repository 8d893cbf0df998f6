package io.densespark.engine.cuda;

import io.densespark.engine.plan.Instruction;
import io.densespark.engine.plan.Instruction.NormBackward;
import io.densespark.engine.plan.Instruction.Sum;
import io.densespark.engine.plan.Tensor.Image;
import java.util.ArrayList;
import java.util.List;

/**
 * An instruction as it is launched.
 *
 * @param adds whether it adds its result to what lies there
 */
record Step(Instruction instruction, boolean adds) {

  /**
   * A program's steps. Where the gradient that a norm hands back is written only to be added to
   * another, the norm adds it there itself.
   */
  static List<Step> of(List<Instruction> program) {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < program.size(); i++) {
      Instruction instruction = program.get(i);
      int parts = instruction instanceof Sum sum ? parts(program, i, sum) : 0;
      if (parts == 0) {
        steps.add(new Step(instruction, false));
      } else {
        Sum sum = (Sum) instruction;
        steps
            .subList(steps.size() - parts, steps.size())
            .replaceAll(norm -> new Step(into(sum, (NormBackward) norm.instruction()), true));
      }
    }
    return steps;
  }

  /** How many norms before the sum make the addend, which nobody reads later; or 0. */
  private static int parts(List<Instruction> program, int position, Sum sum) {
    if (!sum.left().equals(sum.dst()) || !(sum.right() instanceof Image addend)) {
      return 0;
    }
    int missing = addend.channels().physical();
    int first = position;
    while (missing > 0
        && first > 0
        && program.get(first - 1) instanceof NormBackward norm
        && norm.dSrc() instanceof Image part
        && part.buffer() == addend.buffer()) {
      missing -= part.channels().physical();
      first--;
    }
    boolean readLater =
        program.subList(position + 1, program.size()).stream()
            .anyMatch(later -> later.buffers().contains(addend.buffer()));
    return missing != 0 || readLater ? 0 : position - first;
  }

  private static NormBackward into(Sum sum, NormBackward norm) {
    Image part = (Image) norm.dSrc();
    int first = part.firstChannel() - ((Image) sum.right()).firstChannel();
    Image target = ((Image) sum.dst()).channelRange(first, part.channels().physical());
    return new NormBackward(
        norm.site(), norm.src(), norm.dDst(), target, norm.dGamma(), norm.dBeta());
  }
}

package io.densespark.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.plan.Tensor.Image;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Walks a program and checks that every image channel is written before it is read. */
final class WrittenChannels {
  private final Program program;
  private final Map<Integer, BitSet> written = new HashMap<>();

  WrittenChannels(Program program) {
    this.program = program;
  }

  void verify() {
    for (Instruction instruction : program.instructions()) {
      for (Tensor read : reads(instruction)) {
        if (read instanceof Image image) {
          BitSet channels = written.getOrDefault(image.buffer(), new BitSet());
          int end = image.firstChannel() + image.channels().physical();
          assertThat(channels.nextClearBit(image.firstChannel()))
              .as("%s reads buffer %d", instruction, image.buffer())
              .isGreaterThanOrEqualTo(end);
        }
      }
      for (Tensor write : writes(instruction)) {
        if (write instanceof Image image) {
          int first = image.firstChannel();
          written
              .computeIfAbsent(image.buffer(), b -> new BitSet())
              .set(first, first + image.channels().physical());
        }
      }
    }
  }

  private static List<Tensor> reads(Instruction instruction) {
    if (instruction instanceof Instruction.ConvolutionForward i) {
      return List.of(i.src());
    } else if (instruction instanceof Instruction.ConvolutionBackwardData i) {
      return List.of(i.dDst());
    } else if (instruction instanceof Instruction.ConvolutionBackwardWeights i) {
      return List.of(i.src(), i.dDst());
    } else if (instruction instanceof Instruction.NormForward i) {
      return List.of(i.src());
    } else if (instruction instanceof Instruction.NormBackward i) {
      return List.of(i.src(), i.dDst());
    } else if (instruction instanceof Instruction.Sum i) {
      return List.of(i.left(), i.right());
    } else if (instruction instanceof Instruction.Copy i) {
      return List.of(i.src());
    } else if (instruction instanceof Instruction.Flatten i) {
      return List.of(i.src());
    }
    return List.of();
  }

  private static List<Tensor> writes(Instruction instruction) {
    if (instruction instanceof Instruction.LoadInput i) {
      return List.of(i.dst());
    } else if (instruction instanceof Instruction.ConvolutionForward i) {
      return List.of(i.dst());
    } else if (instruction instanceof Instruction.ConvolutionBackwardData i) {
      return List.of(i.dSrc());
    } else if (instruction instanceof Instruction.NormForward i) {
      return List.of(i.dst());
    } else if (instruction instanceof Instruction.NormBackward i) {
      return List.of(i.dSrc());
    } else if (instruction instanceof Instruction.Sum i) {
      return List.of(i.dst());
    } else if (instruction instanceof Instruction.Copy i) {
      return List.of(i.dst());
    } else if (instruction instanceof Instruction.Unflatten i) {
      return List.of(i.dst());
    } else if (instruction instanceof Instruction.Zero i) {
      return List.of(i.tensor());
    }
    return List.of();
  }
}

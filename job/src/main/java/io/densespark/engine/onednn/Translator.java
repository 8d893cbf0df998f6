package io.densespark.engine.onednn;

import io.densespark.engine.plan.Instruction;
import java.util.List;

/** Turns instructions into calls. */
final class Translator {
  private final ConvolutionCalls convolutions;
  private final NormCalls norms;
  private final PoolCalls pools;
  private final ElementwiseCalls elementwise;
  private final RowCalls rows;
  private final NoiseAndLossCalls noiseAndLoss;

  Translator(CallFactory calls) {
    convolutions = new ConvolutionCalls(calls);
    norms = new NormCalls(calls);
    pools = new PoolCalls(calls);
    elementwise = new ElementwiseCalls(calls);
    rows = new RowCalls(calls, elementwise);
    noiseAndLoss = new NoiseAndLossCalls();
  }

  List<Call> translate(Instruction instruction) {
    if (instruction instanceof Instruction.LoadInput i) {
      return rows.loadInput(i);
    } else if (instruction instanceof Instruction.ConvolutionForward i) {
      return convolutions.forward(i);
    } else if (instruction instanceof Instruction.ConvolutionBackwardData i) {
      return convolutions.backwardData(i);
    } else if (instruction instanceof Instruction.ConvolutionBackwardWeights i) {
      return convolutions.backwardWeights(i);
    } else if (instruction instanceof Instruction.NormForward i) {
      return norms.forward(i);
    } else if (instruction instanceof Instruction.NormBackward i) {
      return norms.backward(i);
    } else if (instruction instanceof Instruction.ActivateForward i) {
      return elementwise.activate(i);
    } else if (instruction instanceof Instruction.ActivateBackward i) {
      return elementwise.activateBackward(i);
    } else if (instruction instanceof Instruction.PoolForward i) {
      return pools.forward(i);
    } else if (instruction instanceof Instruction.PoolBackward i) {
      return pools.backward(i);
    } else if (instruction instanceof Instruction.Sum i) {
      return elementwise.sum(i);
    } else if (instruction instanceof Instruction.Product i) {
      return elementwise.product(i);
    } else if (instruction instanceof Instruction.Copy i) {
      return elementwise.copy(i);
    } else if (instruction instanceof Instruction.Zero i) {
      return elementwise.zero(i);
    } else if (instruction instanceof Instruction.Flatten i) {
      return rows.flatten(i);
    } else if (instruction instanceof Instruction.Unflatten i) {
      return rows.unflatten(i);
    } else if (instruction instanceof Instruction.CopyFeatures i) {
      return rows.copyFeatures(i);
    } else if (instruction instanceof Instruction.DenseForward i) {
      return rows.dense(i);
    } else if (instruction instanceof Instruction.DenseBackwardData i) {
      return rows.denseBackwardData(i);
    } else if (instruction instanceof Instruction.DenseBackwardWeights i) {
      return rows.denseBackwardWeights(i);
    } else if (instruction instanceof Instruction.Softmax i) {
      return rows.softmax(i);
    } else if (instruction instanceof Instruction.DropoutMask i) {
      return noiseAndLoss.dropoutMask(i);
    } else if (instruction instanceof Instruction.CrossEntropy i) {
      return noiseAndLoss.crossEntropy(i);
    }
    throw new IllegalStateException("no calls for " + instruction);
  }
}

package io.densespark.engine.onednn;

import io.densespark.engine.plan.Instruction.CrossEntropy;
import io.densespark.engine.plan.Instruction.DropoutMask;
import java.util.List;

/** The two computations that run in Java. */
final class NoiseAndLossCalls {

  List<Call> dropoutMask(DropoutMask d) {
    return List.of(
        new Call.Java(
            addresses ->
                new DropoutStep(
                    d.keep(),
                    d.stream(),
                    addresses.of(d.mask().buffer()) + d.mask().offsetBytes(),
                    d.mask().bytes() / Float.BYTES)));
  }

  List<Call> crossEntropy(CrossEntropy c) {
    return List.of(
        new Call.Java(
            addresses ->
                new CrossEntropyStep(
                    c.op(),
                    c.probabilities().rows(),
                    c.probabilities().features(),
                    addresses.of(c.probabilities().buffer()),
                    addresses.of(c.dLogits().buffer()))));
  }
}

package io.densespark.engine.onednn;

/** A piece of work bound to its addresses. */
@FunctionalInterface
interface Step {
  void run(StepInputs inputs);
}

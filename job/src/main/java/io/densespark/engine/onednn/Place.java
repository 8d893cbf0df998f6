package io.densespark.engine.onednn;

import io.densespark.engine.plan.Tensor;

/** Where an argument of a call lies. */
sealed interface Place {

  /** In a buffer of the program. */
  record InBuffer(int buffer, long offsetBytes) implements Place {}

  /** In one of the caller's arrays, whose addresses are known only when a step runs. */
  record InArray(Array array, long offsetFloats) implements Place {}

  /** The caller's arrays. */
  enum Array {
    PARAMETERS,
    GRADIENT,
    FEATURES
  }

  /** The place of a tensor. */
  static Place of(Tensor tensor) {
    return new InBuffer(tensor.buffer(), tensor.offsetBytes());
  }

  /** The start of a buffer. */
  static Place buffer(int id) {
    return new InBuffer(id, 0);
  }

  /** A position in the flat parameters. */
  static Place parameters(long offset) {
    return new InArray(Array.PARAMETERS, offset);
  }

  /** A position in the flat gradient. */
  static Place gradient(long offset) {
    return new InArray(Array.GRADIENT, offset);
  }
}

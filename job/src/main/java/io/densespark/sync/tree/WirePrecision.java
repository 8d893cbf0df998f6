package io.densespark.sync.tree;

/** How a float travels in a dense all-reduce. */
public enum WirePrecision {
  /** As it is: sums are exact in fp32. */
  FP32,
  /** Rounded to the nearest bf16, ties to even: half the bytes. */
  BF16
}

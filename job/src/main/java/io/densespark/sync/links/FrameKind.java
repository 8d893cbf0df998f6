package io.densespark.sync.links;

/** Role of a frame in its operation; the ordinal travels in frames. */
public enum FrameKind {
  /** What a rank brings. */
  CONTRIBUTION,
  /** The finished chunk of the rank that sends it. */
  RESULT,
  /** The sender has given up; the payload says why. Nothing follows. */
  ABORT,
  /** The sender leaves, owing nothing. Nothing follows. */
  GOODBYE
}

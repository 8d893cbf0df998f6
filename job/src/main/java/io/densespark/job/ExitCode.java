package io.densespark.job;

/** Exit codes of the process; scripts rely on the numbers. */
public enum ExitCode {
  SUCCESS(0),
  INTERNAL(1),
  USAGE(2),
  DATA(10),
  PREFLIGHT(11),
  TRAINING_FAILED(20),
  DIVERGED(21),
  TIMED_OUT(22),
  GATE_REJECTED(30),
  LOCK_HELD(40);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  /** The number given to the operating system. */
  public int number() {
    return number;
  }
}

package io.densespark.sync.collective;

/** What the ranks do together; the ordinal travels in frames. */
enum Operation {
  SUM("all-reduce"),
  SUM_BF16("bf16 all-reduce"),
  MEAN("weighted mean"),
  GATHER("all-gather"),
  BARRIER("barrier");

  private final String words;

  Operation(String words) {
    this.words = words;
  }

  static Operation of(WirePrecision precision) {
    return precision == WirePrecision.FP32 ? SUM : SUM_BF16;
  }

  /** Whether a branch's partial sum travels as doubles; a single rank's values do not. */
  boolean isWide(RankRange branch) {
    return this == MEAN && branch.size() > 1;
  }

  /** Whether values of a branch travel as they are. */
  boolean isPlain(RankRange branch) {
    return this != SUM_BF16 && !isWide(branch);
  }

  /** Bytes that so many values of a branch's sum take on the wire. */
  long wireBytes(RankRange branch, int values) {
    return this == SUM_BF16
        ? Bfloat16Codec.wireBytes(values)
        : values * (long) (isWide(branch) ? Double.BYTES : Float.BYTES);
  }

  String words() {
    return words;
  }
}

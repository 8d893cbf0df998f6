package io.densespark.sync.tree;

/** What the ranks do together; the ordinal travels in frames. */
public enum Operation {
  SUM("all-reduce"),
  SUM_BF16("bf16 all-reduce"),
  MEAN("weighted mean"),
  GATHER("all-gather"),
  BARRIER("barrier");

  private final String words;

  Operation(String words) {
    this.words = words;
  }

  /** The sum in a wire format. */
  public static Operation of(WirePrecision precision) {
    return precision == WirePrecision.FP32 ? SUM : SUM_BF16;
  }

  /** Whether a branch's partial sum travels as doubles; a single rank's values do not. */
  public boolean isWide(RankRange branch) {
    return this == MEAN && branch.size() > 1;
  }

  /** Whether values of a branch travel as they are. */
  public boolean isPlain(RankRange branch) {
    return this != SUM_BF16 && !isWide(branch);
  }

  /** Bytes that so many values of a branch's sum take on the wire. */
  public long wireBytes(RankRange branch, int values) {
    return this == SUM_BF16
        ? Bfloat16Codec.wireBytes(values)
        : values * (long) (isWide(branch) ? Double.BYTES : Float.BYTES);
  }

  /** Its name in messages. */
  public String words() {
    return words;
  }
}

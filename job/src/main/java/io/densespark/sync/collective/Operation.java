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

  String words() {
    return words;
  }
}

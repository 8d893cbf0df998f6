package io.densespark.engine.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * Where a tensor's channels lie in memory. Blocked layouts round channel counts up, and
 * concatenation by placement leaves those gaps between the parts; gaps hold values that no
 * parameter multiplies.
 *
 * @param segments the runs of channels, ascending in both orders
 * @param physical channels in memory, gaps included
 */
public record ChannelMap(List<Segment> segments, int physical) {

  /**
   * A run of channels without gaps.
   *
   * @param logical index of its first channel as the network counts
   * @param physical index of its first channel in memory
   * @param length number of channels
   */
  public record Segment(int logical, int physical, int length) {}

  public ChannelMap {
    segments = List.copyOf(segments);
  }

  /** The map of a tensor that one operation writes: all channels, then a gap up to whole blocks. */
  public static ChannelMap of(int channels, int block) {
    int physical = (channels + block - 1) / block * block;
    return new ChannelMap(List.of(new Segment(0, 0, channels)), physical);
  }

  /** The map of tensors laid one behind the other. */
  public static ChannelMap concatenation(List<ChannelMap> parts) {
    List<Segment> joined = new ArrayList<>();
    int logical = 0;
    int physical = 0;
    for (ChannelMap part : parts) {
      for (Segment segment : part.segments()) {
        Segment next =
            new Segment(
                logical + segment.logical(), physical + segment.physical(), segment.length());
        Segment last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
        if (last != null && last.physical() + last.length() == next.physical()) {
          joined.set(
              joined.size() - 1,
              new Segment(last.logical(), last.physical(), last.length() + next.length()));
        } else {
          joined.add(next);
        }
      }
      logical += part.logical();
      physical += part.physical();
    }
    return new ChannelMap(joined, physical);
  }

  /** Channels as the network counts. */
  public int logical() {
    Segment last = segments.get(segments.size() - 1);
    return last.logical() + last.length();
  }

  /** Whether memory order is the network's order, without gaps. */
  public boolean isDense() {
    return logical() == physical;
  }
}

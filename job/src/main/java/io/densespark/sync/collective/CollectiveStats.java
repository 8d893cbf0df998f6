package io.densespark.sync.collective;

/**
 * What the operations of a collective have cost since it began.
 *
 * @param bytesSent bytes handed to the network, frame headers included
 * @param waitNanos time spent blocked, until another rank or the network was ready
 */
public record CollectiveStats(long bytesSent, long waitNanos) {

  /** Nothing so far. */
  public static final CollectiveStats NONE = new CollectiveStats(0, 0);

  /** The cost between an earlier reading and this one. */
  public CollectiveStats since(CollectiveStats earlier) {
    return new CollectiveStats(bytesSent - earlier.bytesSent, waitNanos - earlier.waitNanos);
  }
}

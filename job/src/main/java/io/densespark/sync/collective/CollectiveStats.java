package io.densespark.sync.collective;

/**
 * What a collective has cost since it began.
 *
 * @param operations completed or failed calls
 * @param bytesSent bytes handed to the network, frame headers included
 * @param bytesReceived bytes taken from the network, frame headers included
 * @param communicationNanos time spent inside operations, waiting included
 * @param waitNanos the part of it spent blocked, until another rank or the network was ready
 */
public record CollectiveStats(
    long operations, long bytesSent, long bytesReceived, long communicationNanos, long waitNanos) {

  /** Nothing so far. */
  public static final CollectiveStats NONE = new CollectiveStats(0, 0, 0, 0, 0);

  /** The cost between an earlier reading and this one. */
  public CollectiveStats since(CollectiveStats earlier) {
    return new CollectiveStats(
        operations - earlier.operations,
        bytesSent - earlier.bytesSent,
        bytesReceived - earlier.bytesReceived,
        communicationNanos - earlier.communicationNanos,
        waitNanos - earlier.waitNanos);
  }
}

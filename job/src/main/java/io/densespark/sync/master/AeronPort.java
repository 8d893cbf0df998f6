package io.densespark.sync.master;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import org.nd4j.parameterserver.distributed.v2.transport.PortSupplier;

/**
 * The UDP port of DL4J's transport in each JVM: a free one, the same at every call. DL4J's own
 * choices are one number for all, which two executors of a host cannot share.
 */
final class AeronPort implements PortSupplier {

  private static final String UNBLOCK_TIMEOUT = "aeron.publication.unblock.timeout";

  /** Aeron wants more than the 30 s that DL4J sets for the liveness of clients. */
  private static final long UNBLOCK_NANOS = 45_000_000_000L;

  private static int port;

  /** Must come before Aeron's first use in a JVM. */
  static void allowSlowPublications() {
    if (System.getProperty(UNBLOCK_TIMEOUT) == null) {
      System.setProperty(UNBLOCK_TIMEOUT, Long.toString(UNBLOCK_NANOS));
    }
  }

  @Override
  public int getPort() {
    return ofThisJvm();
  }

  private static synchronized int ofThisJvm() {
    if (port == 0) {
      try (DatagramSocket free = new DatagramSocket()) {
        port = free.getLocalPort();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return port;
  }

  /** An executor reads the master's settings before it opens its transport. */
  private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
    in.defaultReadObject();
    allowSlowPublications();
  }
}

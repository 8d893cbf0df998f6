package io.densespark.sync.links;

import io.densespark.sync.tree.Placement;
import io.densespark.text.Text;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.util.List;
import org.apache.commons.io.IOUtils;

/**
 * The place where one executor can be called until all have met: its address goes to the others,
 * and {@code ExecutorGroup.connect} makes the connections.
 */
public final class Rendezvous implements AutoCloseable {
  // Every higher rank may call before this one starts to answer.
  private static final int BACKLOG = 1100;

  private final ServerSocketChannel listener;
  private final PeerAddress address;

  private Rendezvous(ServerSocketChannel listener, PeerAddress address) {
    this.listener = listener;
    this.address = address;
  }

  /**
   * Listens at a free port.
   *
   * @param host address by which the other executors can reach this machine
   * @param ports first and last allowed port, as 40000-40100; empty: any
   */
  public static Rendezvous open(String host, String ports) {
    String[] ends = ports.isEmpty() ? new String[] {"0", "0"} : ports.split("-");
    IOException last = null;
    for (int port = Integer.parseInt(ends[0]); port <= Integer.parseInt(ends[1]); port++) {
      try {
        return open(bindAddress(host, port), host);
      } catch (IOException e) {
        last = e;
      }
    }
    throw new UncheckedIOException(
        Text.format(
            "cannot listen at '%s' (%s): an address of this machine is needed (see SPARK_LOCAL_IP),"
                + " and a free port%s",
            host,
            last == null ? "no port" : last.getMessage(),
            ports.isEmpty() ? "" : " of sync.port-range = " + ports),
        last);
  }

  /**
   * Where a host is listened at: at its address, or, where that is none of this machine, as behind
   * a port mapping, at all that the machine has.
   */
  static InetSocketAddress bindAddress(String host, int port) {
    InetSocketAddress told = new InetSocketAddress(host, port);
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(host, 0));
      return told;
    } catch (IOException e) {
      return told.isUnresolved() ? told : new InetSocketAddress(port);
    }
  }

  private static Rendezvous open(InetSocketAddress bind, String host) throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open();
    try {
      if (bind.isUnresolved()) {
        throw new IOException("unknown host");
      }
      listener.bind(bind, BACKLOG);
      int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
      return new Rendezvous(listener, new PeerAddress(host, port));
    } catch (IOException e) {
      listener.close();
      throw e;
    }
  }

  /** Where the other ranks reach this one. */
  public PeerAddress address() {
    return address;
  }

  /**
   * Meets the other executors; returns when all have met, and listens no more, whatever the
   * outcome.
   *
   * @param addresses of all executors, the same list everywhere
   * @param executor number of this one in the list
   * @throws CollectiveException if not all meet in time, or do not fit together
   */
  public Mesh connect(
      List<PeerAddress> addresses, int executor, Placement placement, CollectiveConfig config) {
    try {
      return new MeshRendezvous(
              listener, List.copyOf(addresses), executor, placement, config, Selector.open())
          .run();
    } catch (IOException e) {
      throw new UncheckedIOException(
          Text.format(
              "%s: failed at the rendezvous: %s",
              placement.ranksOfExecutor(executor), e.getMessage()),
          e);
    } finally {
      close();
    }
  }

  /** Stops listening. */
  @Override
  public void close() {
    IOUtils.closeQuietly(listener);
  }
}

package io.densespark.sync.collective;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.util.List;

/**
 * The place where one rank can be called until the ranks have met.
 *
 * <pre>{@code
 * try (Rendezvous rendezvous = Rendezvous.open(host)) {
 *   List<PeerAddress> addresses = exchange(rendezvous.address());
 *   Collective collective = rendezvous.connect(addresses, rank, config);
 * }
 * }</pre>
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
   * @param host address of this machine, by which the other ranks can reach it
   */
  public static Rendezvous open(String host) {
    return open(new InetSocketAddress(host, 0), host);
  }

  private static Rendezvous open(InetSocketAddress bind, String host) {
    try {
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
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot listen at '%s' (%s): an address of this machine is needed; see SPARK_LOCAL_IP"
              .formatted(host, e.getMessage()),
          e);
    }
  }

  /** Where the other ranks reach this one. */
  public PeerAddress address() {
    return address;
  }

  /**
   * Meets the other ranks; returns when all have met, and listens no more, whatever the outcome.
   *
   * @param addresses of all ranks, by rank, the same list everywhere
   * @param rank of this process in the list
   * @throws CollectiveException if not all ranks meet in time, or ranks do not fit together
   */
  public Collective connect(List<PeerAddress> addresses, int rank, CollectiveConfig config) {
    if (rank < 0 || rank >= addresses.size()) {
      close();
      throw new IllegalArgumentException(
          "rank %d of %d: ranks go from 0 to one below the world size"
              .formatted(rank, addresses.size()));
    }
    if (addresses.size() == 1) {
      close();
      return Collective.single();
    }
    try {
      return new Meeting(listener, List.copyOf(addresses), rank, config, Selector.open()).run();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "rank %d: failed while meeting the other ranks: %s".formatted(rank, e.getMessage()), e);
    } finally {
      close();
    }
  }

  /** Stops listening. */
  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      // Nothing is left to free.
    }
  }
}

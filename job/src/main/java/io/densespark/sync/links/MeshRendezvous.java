package io.densespark.sync.links;

import io.densespark.sync.links.CollectiveException.Reason;
import io.densespark.sync.links.HandshakeMessages.Hello;
import io.densespark.sync.tree.Placement;
import io.densespark.text.Text;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the executors connect: each calls all lower ones and is called by all higher ones. They know
 * each other's addresses, so all listen: a call that fails is a loss. Strangers are refused and
 * logged, and cost at most a bounded number of connections for a bounded time.
 */
final class MeshRendezvous {
  private static final Logger LOG = LoggerFactory.getLogger(MeshRendezvous.class);
  private static final int SPARE_CONNECTIONS = 64;
  private static final int LOGGED_REFUSALS = 20;

  private final ServerSocketChannel listener;
  private final List<PeerAddress> addresses;
  private final CollectiveConfig config;
  private final Placement placement;
  private final Mesh mesh;
  private final Selector selector;
  private final long startNanos = System.nanoTime();
  private final List<DialHandshake> calls = new ArrayList<>();
  // The oldest first: it goes when there are too many, for a rank of ours needs one exchange of
  // messages only.
  private final Deque<AcceptHandshake> callers = new ArrayDeque<>();
  private int missing;
  private int refusals;
  private String lastRefusal = "";

  MeshRendezvous(
      ServerSocketChannel listener,
      List<PeerAddress> addresses,
      int executor,
      Placement placement,
      CollectiveConfig config,
      Selector selector) {
    this.listener = listener;
    this.addresses = addresses;
    this.config = config;
    this.selector = selector;
    this.placement = placement;
    mesh = new Mesh(executor, placement, selector);
    missing = addresses.size() - 1;
  }

  CollectiveConfig config() {
    return config;
  }

  int executor() {
    return mesh.executor();
  }

  private String name() {
    return mesh.name(executor());
  }

  boolean hasMet(int peer) {
    return mesh.link(peer) != null;
  }

  int executors() {
    return mesh.executors();
  }

  /**
   * Meets all ranks; returns when all of them have. On failure everything is closed and the ranks
   * met are told.
   */
  Mesh run() throws IOException {
    try {
      listener.configureBlocking(false);
      listener.register(selector, SelectionKey.OP_ACCEPT);
      for (int peer = 0; peer < executor(); peer++) {
        call(peer);
      }
      while (missing > 0) {
        turn();
      }
      // From here on nobody can connect any more.
      closeStrangers();
      mesh.meet(Math.max(1, remainingNanos()));
      return mesh;
    } catch (CollectiveException e) {
      mesh.abort(e);
      throw e;
    } catch (IOException | RuntimeException | Error e) {
      mesh.abort(
          new CollectiveException(
              Reason.ABORTED,
              mesh.ranks(executor()),
              Text.format("%s: failed at the rendezvous: %s", name(), e),
              e));
      throw e;
    } finally {
      closeStrangers();
    }
  }

  private void turn() throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new CollectiveException(
          Reason.INTERRUPTED,
          mesh.ranks(executor()),
          Text.format("%s: interrupted at the rendezvous", name()));
    }
    if (remainingNanos() <= 0) {
      throw timedOut();
    }
    long wake = Math.min(remainingNanos(), dismissTheSlow());
    selector.select(TimeUnit.NANOSECONDS.toMillis(wake) + 1);
    Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
    while (ready.hasNext()) {
      SelectionKey key = ready.next();
      ready.remove();
      if (!key.isValid()) {
        continue;
      }
      if (key.attachment() instanceof PeerLink link) {
        link.input().receive((from, header) -> {});
      } else if (key.attachment() instanceof Handshake handshake) {
        advance(handshake);
      } else {
        accept();
      }
    }
  }

  private long remainingNanos() {
    return config.timeout().toNanos() - (System.nanoTime() - startNanos);
  }

  private void call(int peer) throws IOException {
    PeerAddress address = addresses.get(peer);
    SocketChannel channel = SocketChannel.open();
    prepare(channel);
    DialHandshake call =
        new DialHandshake(channel, channel.register(selector, SelectionKey.OP_CONNECT), peer);
    calls.add(call);
    try {
      InetSocketAddress place = new InetSocketAddress(address.host(), address.port());
      if (place.isUnresolved()) {
        throw new IOException("its host is unknown");
      }
      if (channel.connect(place)) {
        call.advance(this);
      }
    } catch (IOException e) {
      failed(call, e);
    }
  }

  private void accept() throws IOException {
    SocketChannel channel;
    while ((channel = acceptOrNull()) != null) {
      if (callers.size() >= executors() + SPARE_CONNECTIONS) {
        AcceptHandshake oldest = callers.removeFirst();
        refuse(oldest, "made room for newer connections");
      }
      prepare(channel);
      long deadline = System.nanoTime() + config.handshakeTimeout().toNanos();
      AcceptHandshake handshake =
          new AcceptHandshake(channel, channel.register(selector, SelectionKey.OP_READ), deadline);
      callers.addLast(handshake);
      advance(handshake);
    }
  }

  private SocketChannel acceptOrNull() {
    try {
      return listener.accept();
    } catch (IOException e) {
      // The caller has gone, or this process has no file handle to spare right now.
      lastRefusal = e.toString();
      return null;
    }
  }

  private static void prepare(SocketChannel channel) throws IOException {
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    // Buffer sizes stay unset: set ones are capped by the system's limit and are no longer grown by
    // it.
  }

  private void advance(Handshake handshake) {
    try {
      handshake.advance(this);
    } catch (IOException e) {
      failed(handshake, e);
    }
  }

  private void failed(Handshake handshake, IOException problem) {
    if (handshake instanceof DialHandshake call) {
      throw new CollectiveException(
          Reason.PEER_LOST,
          mesh.ranks(call.target()),
          Text.format(
              "%s: %s at %s could not be met: %s; is that executor up, and its port reachable?",
              name(), mesh.name(call.target()), addresses.get(call.target()), problem.getMessage()),
          problem);
    } else if (handshake instanceof AcceptHandshake caller) {
      callers.remove(caller);
      refuse(caller, String.valueOf(problem.getMessage()));
    }
  }

  private void refuse(AcceptHandshake caller, String why) {
    lastRefusal = caller.remote() + " " + why;
    if (refusals++ < LOGGED_REFUSALS) {
      LOG.warn("{} refused a connection: {}", name(), lastRefusal);
    }
    caller.close();
  }

  /** Ends the handshakes that take too long; returns the nanoseconds until the next one does. */
  private long dismissTheSlow() {
    while (!callers.isEmpty()) {
      long left = callers.getFirst().deadlineNanos() - System.nanoTime();
      if (left > 0) {
        return left;
      }
      refuse(callers.removeFirst(), "took too long to prove itself");
    }
    return Long.MAX_VALUE;
  }

  /** Whether a caller that has proven to know the secret is one that has not called yet. */
  boolean expects(Hello hello) {
    return hello.to() == executor()
        && hello.from() > executor()
        && hello.from() < executors()
        && !hasMet(hello.from());
  }

  /** The handshake has succeeded: its connection is the link to that rank. */
  void met(Handshake handshake, int peer, PeerChannel channel) {
    callers.remove(handshake);
    calls.remove(handshake);
    mesh.add(
        new PeerLink(
            name(),
            peer,
            placement.ranksOfExecutor(peer),
            addresses.get(peer),
            channel,
            handshake.key));
    missing--;
  }

  private CollectiveException timedOut() {
    List<Integer> ranks = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (int peer = 0; peer < executors(); peer++) {
      if (peer != executor() && mesh.link(peer) == null) {
        ranks.addAll(mesh.ranks(peer));
        String problem = peer < executor() ? "has not answered" : "has not called";
        names.add(Text.format("%s at %s (%s)", mesh.name(peer), addresses.get(peer), problem));
      }
    }
    String strangers =
        refusals == 0
            ? ""
            : Text.format("; %d connections were refused, the last one: %s", refusals, lastRefusal);
    return new CollectiveException(
        Reason.TIMEOUT,
        ranks,
        Text.format(
            "%s: waited %d ms at the rendezvous for %s%s; is that executor up, and its port"
                + " reachable?",
            name(), config.timeout().toMillis(), String.join(", ", names), strangers));
  }

  private void closeStrangers() throws IOException {
    listener.close();
    callers.forEach(Handshake::close);
    callers.clear();
    calls.forEach(Handshake::close);
    calls.clear();
    if (selector.isOpen()) {
      selector.selectNow(); // Drops the keys of what was closed.
      selector.selectedKeys().clear();
    }
  }
}

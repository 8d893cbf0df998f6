package io.densespark.sync.collective;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** This rank's calls to all lower ranks; one that fails is repeated, at growing intervals. */
final class OutgoingCalls {
  private static final long FIRST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long LAST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final MeshRendezvous rendezvous;
  private final List<PeerAddress> addresses;
  private final Call[] calls;

  /** The calls to one rank, one after another. */
  private static final class Call {
    DialHandshake underWay;
    long nextNanos = System.nanoTime();
    long pauseNanos = FIRST_RETRY_NANOS;
    String lastProblem = "not reached yet";
  }

  OutgoingCalls(MeshRendezvous rendezvous, List<PeerAddress> addresses) {
    this.rendezvous = rendezvous;
    this.addresses = addresses;
    calls = new Call[addresses.size()];
    for (int target = 0; target < calls.length; target++) {
      calls[target] = new Call();
    }
  }

  /** Starts the calls whose time has come; returns the nanoseconds until the next one. */
  long callWhoIsDue() throws IOException {
    long next = Long.MAX_VALUE;
    for (int target = 0; target < calls.length; target++) {
      Call call = calls[target];
      if (call.underWay == null && !rendezvous.hasMet(target)) {
        if (call.nextNanos - System.nanoTime() <= 0) {
          call(target);
        }
        if (call.underWay == null) {
          next = Math.min(next, Math.max(0, call.nextNanos - System.nanoTime()));
        }
      }
    }
    return next;
  }

  private void call(int target) throws IOException {
    PeerAddress address = addresses.get(target);
    SocketChannel channel = SocketChannel.open();
    MeshRendezvous.prepare(channel);
    SelectionKey key = channel.register(rendezvous.selector(), SelectionKey.OP_CONNECT);
    DialHandshake handshake = new DialHandshake(channel, key, target);
    calls[target].underWay = handshake;
    InetSocketAddress socketAddress = new InetSocketAddress(address.host(), address.port());
    try {
      if (socketAddress.isUnresolved()) {
        throw new IOException("host " + address.host() + " is unknown");
      }
      if (channel.connect(socketAddress)) {
        handshake.advance(rendezvous);
      }
    } catch (IOException e) {
      failed(handshake, e);
    }
  }

  void failed(DialHandshake handshake, IOException problem) {
    Call call = calls[handshake.target()];
    call.underWay = null;
    call.nextNanos = System.nanoTime() + call.pauseNanos;
    call.pauseNanos = Math.min(LAST_RETRY_NANOS, 2 * call.pauseNanos);
    call.lastProblem = String.valueOf(problem.getMessage());
    handshake.close();
  }

  /** The call has been answered; its connection belongs to somebody else now. */
  void ended(int target) {
    calls[target].underWay = null;
  }

  /** Why the last call to a rank did not succeed. */
  String lastProblem(int target) {
    return calls[target].lastProblem;
  }

  void close() {
    for (Call call : calls) {
      if (call.underWay != null) {
        call.underWay.close();
        call.underWay = null;
      }
    }
  }
}

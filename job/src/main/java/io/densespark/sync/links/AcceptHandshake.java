package io.densespark.sync.links;

import io.densespark.sync.links.HandshakeMessages.Hello;
import io.densespark.text.Text;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/** Somebody calls this executor: a higher one of this run, or anybody. */
final class AcceptHandshake extends Handshake {
  private final long deadlineNanos;
  private byte[] helloBytes;
  private Hello hello;
  private byte[] challenge;

  AcceptHandshake(SocketChannel channel, SelectionKey key, long deadlineNanos) {
    super(channel, key);
    this.deadlineNanos = deadlineNanos;
    expect(HandshakeMessages.HELLO_BYTES);
  }

  long deadlineNanos() {
    return deadlineNanos;
  }

  @Override
  void advance(MeshRendezvous rendezvous) throws IOException {
    CollectiveConfig config = rendezvous.config();
    if (hello == null) {
      helloBytes = message();
      if (helloBytes == null) {
        return;
      }
      hello = HandshakeMessages.readHello(helloBytes, config);
      if (hello == null) {
        throw new IOException("does not speak this protocol");
      }
      if (!hello.ofThisRun()) {
        throw new IOException("belongs to another run");
      }
      challenge = HandshakeMessages.challenge(config, helloBytes);
      say(challenge);
      expect(RunSecret.TAG_BYTES);
    }
    byte[] proof = message();
    if (proof == null) {
      return;
    }
    if (!config.secret().verifies(proof, HandshakeMessages.DIALER, helloBytes, challenge)) {
      throw new IOException("does not know this run's secret");
    }
    if (!rendezvous.expects(hello)) {
      throw new IOException(
          Text.format(
              "knows the secret, but executor %d does not expect executor %d to call executor %d",
              rendezvous.executor(), hello.from(), hello.to()));
    }
    say(config.secret().tag(HandshakeMessages.WELCOME, helloBytes, challenge));
    rendezvous.met(
        this,
        hello.from(),
        HandshakeMessages.channel(config, channel, helloBytes, challenge, false));
  }
}

package io.densespark.sync.links;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/** This executor calls a lower one. */
final class DialHandshake extends Handshake {
  private final int target;
  private byte[] hello;
  private byte[] challenge;

  DialHandshake(SocketChannel channel, SelectionKey key, int target) {
    super(channel, key);
    this.target = target;
  }

  int target() {
    return target;
  }

  @Override
  void advance(MeshRendezvous rendezvous) throws IOException {
    CollectiveConfig config = rendezvous.config();
    if (hello == null) {
      if (!channel.finishConnect()) {
        return;
      }
      key.interestOps(SelectionKey.OP_READ);
      hello = HandshakeMessages.hello(config, rendezvous.executor(), target);
      say(hello);
      expect(HandshakeMessages.CHALLENGE_BYTES);
    }
    if (challenge == null) {
      challenge = message();
      if (challenge == null) {
        return;
      }
      if (!HandshakeMessages.isGenuine(challenge, config, hello)) {
        throw new IOException("who answers there does not know this run's secret");
      }
      say(config.secret().tag(HandshakeMessages.DIALER, hello, challenge));
      expect(RunSecret.TAG_BYTES);
    }
    byte[] welcome = message();
    if (welcome == null) {
      return;
    }
    if (!config.secret().verifies(welcome, HandshakeMessages.WELCOME, hello, challenge)) {
      throw new IOException("its answer is forged");
    }
    rendezvous.met(
        this, target, HandshakeMessages.channel(config, channel, hello, challenge, true));
  }
}

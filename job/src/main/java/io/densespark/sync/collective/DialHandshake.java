package io.densespark.sync.collective;

import io.densespark.sync.collective.HandshakeMessages.Challenge;
import io.densespark.sync.collective.HandshakeMessages.Verdict;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/** This rank calls a lower one. */
final class DialHandshake extends Handshake {
  private enum State {
    CONNECTING,
    AWAITING_CHALLENGE,
    AWAITING_VERDICT
  }

  private final int target;
  private State state = State.CONNECTING;
  private byte[] hello;
  private byte[] challengeBytes;
  private Challenge challenge;

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
    if (state == State.CONNECTING) {
      if (!channel().finishConnect()) {
        return;
      }
      key().interestOps(SelectionKey.OP_READ);
      hello =
          HandshakeMessages.hello(config, rendezvous.executor(), target, rendezvous.executors());
      say(hello);
      expect(HandshakeMessages.CHALLENGE_BYTES);
      state = State.AWAITING_CHALLENGE;
    }
    if (state == State.AWAITING_CHALLENGE) {
      challengeBytes = message();
      if (challengeBytes == null) {
        return;
      }
      challenge = HandshakeMessages.readChallenge(challengeBytes, config, hello);
      if (challenge == null) {
        throw new IOException("who answers there does not know this run's secret");
      }
      say(HandshakeMessages.proof(config, hello, challengeBytes));
      expect(HandshakeMessages.VERDICT_BYTES);
      state = State.AWAITING_VERDICT;
    }
    byte[] bytes = message();
    if (bytes == null) {
      return;
    }
    Verdict verdict = HandshakeMessages.readVerdict(bytes, config, hello, challengeBytes);
    if (verdict == null) {
      throw new IOException("its answer is forged");
    }
    if (verdict == Verdict.WELCOME) {
      rendezvous.met(
          this, target, HandshakeMessages.dialed(config, channel(), hello, challengeBytes));
    } else {
      rendezvous.refusedBy(target, verdict, challenge);
    }
  }
}

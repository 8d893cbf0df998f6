package io.densespark.sync.links;

import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * Layout and tags of the messages with which two executors prove to each other that they know the
 * run's secret: a three-pass mutual challenge and response, as in ISO/IEC 9798-4, and a welcome.
 * All have a fixed length, and nothing is believed before the tag over it is verified.
 *
 * <pre>
 * hello      dialer to acceptor   magic, run digest, from, to, nonce
 * challenge  acceptor to dialer   nonce, tag(A, hello, nonce)
 * proof      dialer to acceptor   tag(D, hello, challenge)
 * welcome    acceptor to dialer   tag(W, hello, challenge)
 * </pre>
 *
 * Both nonces are fresh, so a recorded conversation is worthless; the letter keeps one side's tag
 * from serving as the other's.
 */
final class HandshakeMessages {
  static final int NONCE_BYTES = 32;
  static final int DIGEST_BYTES = 32;
  static final int HELLO_BYTES = 8 + DIGEST_BYTES + 2 * Integer.BYTES + NONCE_BYTES;
  static final int CHALLENGE_BYTES = NONCE_BYTES + RunSecret.TAG_BYTES;

  private static final byte[] MAGIC = "DSPARK02".getBytes(StandardCharsets.US_ASCII);

  /** Purposes of tags. */
  static final byte[] ACCEPTOR = {'A'};

  static final byte[] DIALER = {'D'};
  static final byte[] WELCOME = {'W'};
  private static final byte[] FROM_DIALER = {'K', 'D'};
  private static final byte[] FROM_ACCEPTOR = {'K', 'A'};
  private static final SecureRandom RANDOM = new SecureRandom();

  private HandshakeMessages() {}

  /** What a dialer says of itself, unproven until its proof is verified. */
  record Hello(boolean ofThisRun, int from, int to) {}

  static byte[] hello(CollectiveConfig config, int from, int to) {
    ByteBuffer hello = ByteBuffer.allocate(HELLO_BYTES);
    return hello.put(MAGIC).put(runDigest(config)).putInt(from).putInt(to).put(nonce()).array();
  }

  /**
   * The connection once both ends have proven themselves. Both nonces are in what the keys are
   * derived from: no two connections share one.
   *
   * @param dialed whether this end has called
   */
  static PeerChannel channel(
      CollectiveConfig config,
      SocketChannel socket,
      byte[] hello,
      byte[] challenge,
      boolean dialed) {
    if (!config.encrypted()) {
      return PeerChannel.plain(socket);
    }
    byte[] fromDialer = config.secret().tag(FROM_DIALER, hello, challenge);
    byte[] fromAcceptor = config.secret().tag(FROM_ACCEPTOR, hello, challenge);
    return dialed
        ? PeerChannel.encrypted(socket, fromDialer, fromAcceptor)
        : PeerChannel.encrypted(socket, fromAcceptor, fromDialer);
  }

  /** Null if the bytes are not of this protocol. */
  static Hello readHello(byte[] hello, CollectiveConfig config) {
    ByteBuffer in = ByteBuffer.wrap(hello);
    if (!Arrays.equals(take(in, MAGIC.length), MAGIC)) {
      return null;
    }
    boolean ofThisRun = MessageDigest.isEqual(take(in, DIGEST_BYTES), runDigest(config));
    return new Hello(ofThisRun, in.getInt(), in.getInt());
  }

  static byte[] challenge(CollectiveConfig config, byte[] hello) {
    byte[] nonce = nonce();
    byte[] tag = config.secret().tag(ACCEPTOR, hello, nonce);
    return ByteBuffer.allocate(CHALLENGE_BYTES).put(nonce).put(tag).array();
  }

  /** Whether the sender knows the secret. */
  static boolean isGenuine(byte[] challenge, CollectiveConfig config, byte[] hello) {
    byte[] nonce = Arrays.copyOf(challenge, NONCE_BYTES);
    byte[] tag = Arrays.copyOfRange(challenge, NONCE_BYTES, CHALLENGE_BYTES);
    return config.secret().verifies(tag, ACCEPTOR, hello, nonce);
  }

  private static byte[] runDigest(CollectiveConfig config) {
    return DigestUtils.sha256(config.runId());
  }

  private static byte[] nonce() {
    byte[] nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    return nonce;
  }

  private static byte[] take(ByteBuffer in, int count) {
    byte[] bytes = new byte[count];
    in.get(bytes);
    return bytes;
  }
}

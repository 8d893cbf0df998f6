package io.densespark.sync.collective;

import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * Layout and tags of the four messages with which two ranks prove to each other that they know the
 * run's secret: a three-pass mutual challenge and response (as in ISO/IEC 9798-4) and a verdict.
 * All have a fixed length, and nothing is believed before the tag over it is verified.
 *
 * <pre>
 * hello      dialer to acceptor   magic, run digest, from, to, world size, version, nonce
 * challenge  acceptor to dialer   nonce, world size, version, tag(A, hello, challenge so far)
 * proof      dialer to acceptor   tag(D, hello, challenge)
 * verdict    acceptor to dialer   code, tag(V, hello, challenge, code)
 * </pre>
 *
 * Both nonces are fresh, so a recorded conversation is worthless; the letter keeps one side's tag
 * from serving as the other's.
 */
final class HandshakeMessages {
  static final int NONCE_BYTES = 32;
  static final int TAG_BYTES = 32;
  static final int DIGEST_BYTES = 32;
  static final int HELLO_BYTES =
      8 + DIGEST_BYTES + 3 * Integer.BYTES + CollectiveConfig.MAX_VERSION_BYTES + NONCE_BYTES;
  static final int CHALLENGE_BYTES =
      NONCE_BYTES + Integer.BYTES + CollectiveConfig.MAX_VERSION_BYTES + TAG_BYTES;
  static final int VERDICT_BYTES = 1 + TAG_BYTES;

  private static final byte[] MAGIC = "DSPARK01".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ACCEPTOR = {'A'};
  private static final byte[] DIALER = {'D'};
  private static final byte[] VERDICT = {'V'};
  private static final byte[] FROM_DIALER = {'K', 'D'};
  private static final byte[] FROM_ACCEPTOR = {'K', 'A'};
  private static final SecureRandom RANDOM = new SecureRandom();

  private HandshakeMessages() {}

  /** What a dialer says of itself, unproven until its proof is verified. */
  record Hello(boolean ofThisRun, int from, int to, int worldSize, String version) {}

  /** What an acceptor says of itself. */
  record Challenge(int worldSize, String version) {}

  /** How an acceptor answers a rank that has proven itself. */
  enum Verdict {
    WELCOME,
    OTHER_VERSION,
    OTHER_WORLD_SIZE,
    WRONG_RANK,
    DUPLICATE_RANK
  }

  static byte[] hello(CollectiveConfig config, int from, int to, int worldSize) {
    ByteBuffer hello = ByteBuffer.allocate(HELLO_BYTES);
    hello.put(MAGIC).put(runDigest(config)).putInt(from).putInt(to).putInt(worldSize);
    return hello.put(paddedVersion(config)).put(nonce()).array();
  }

  /** The connection once both ends have proven themselves, as the one that dialed has it. */
  static PeerChannel dialed(
      CollectiveConfig config, SocketChannel socket, byte[] hello, byte[] challenge) {
    return channel(config, socket, hello, challenge, FROM_DIALER, FROM_ACCEPTOR);
  }

  /** The same, as the one that was called has it. */
  static PeerChannel accepted(
      CollectiveConfig config, SocketChannel socket, byte[] hello, byte[] challenge) {
    return channel(config, socket, hello, challenge, FROM_ACCEPTOR, FROM_DIALER);
  }

  /** Both nonces are in what the keys are derived from: no two connections share one. */
  private static PeerChannel channel(
      CollectiveConfig config,
      SocketChannel socket,
      byte[] hello,
      byte[] challenge,
      byte[] sending,
      byte[] receiving) {
    return config.encrypted()
        ? PeerChannel.encrypted(
            socket,
            config.secret().tag(sending, hello, challenge),
            config.secret().tag(receiving, hello, challenge))
        : PeerChannel.plain(socket);
  }

  /** Null if the bytes are not of this protocol. */
  static Hello readHello(byte[] hello, CollectiveConfig config) {
    ByteBuffer in = ByteBuffer.wrap(hello);
    if (!Arrays.equals(take(in, MAGIC.length), MAGIC)) {
      return null;
    }
    boolean ofThisRun = MessageDigest.isEqual(take(in, DIGEST_BYTES), runDigest(config));
    return new Hello(ofThisRun, in.getInt(), in.getInt(), in.getInt(), readVersion(in));
  }

  static byte[] challenge(CollectiveConfig config, byte[] hello, int worldSize) {
    ByteBuffer challenge = ByteBuffer.allocate(CHALLENGE_BYTES);
    challenge.put(nonce()).putInt(worldSize).put(paddedVersion(config));
    byte[] untagged = Arrays.copyOf(challenge.array(), CHALLENGE_BYTES - TAG_BYTES);
    return challenge.put(config.secret().tag(ACCEPTOR, hello, untagged)).array();
  }

  /** Null if the sender does not know the secret. */
  static Challenge readChallenge(byte[] challenge, CollectiveConfig config, byte[] hello) {
    byte[] untagged = Arrays.copyOf(challenge, CHALLENGE_BYTES - TAG_BYTES);
    byte[] tag = Arrays.copyOfRange(challenge, CHALLENGE_BYTES - TAG_BYTES, CHALLENGE_BYTES);
    if (!config.secret().verifies(tag, ACCEPTOR, hello, untagged)) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(challenge).position(NONCE_BYTES);
    return new Challenge(in.getInt(), readVersion(in));
  }

  static byte[] proof(CollectiveConfig config, byte[] hello, byte[] challenge) {
    return config.secret().tag(DIALER, hello, challenge);
  }

  static boolean proves(byte[] proof, CollectiveConfig config, byte[] hello, byte[] challenge) {
    return config.secret().verifies(proof, DIALER, hello, challenge);
  }

  static byte[] verdict(CollectiveConfig config, byte[] hello, byte[] challenge, Verdict verdict) {
    byte[] code = {(byte) verdict.ordinal()};
    ByteBuffer out = ByteBuffer.allocate(VERDICT_BYTES).put(code);
    return out.put(config.secret().tag(VERDICT, hello, challenge, code)).array();
  }

  /** Null if the sender does not know the secret. */
  static Verdict readVerdict(
      byte[] bytes, CollectiveConfig config, byte[] hello, byte[] challenge) {
    byte[] code = {bytes[0]};
    byte[] tag = Arrays.copyOfRange(bytes, 1, VERDICT_BYTES);
    if (!config.secret().verifies(tag, VERDICT, hello, challenge, code)) {
      return null;
    }
    Verdict[] verdicts = Verdict.values();
    return code[0] >= 0 && code[0] < verdicts.length ? verdicts[code[0]] : Verdict.OTHER_VERSION;
  }

  private static byte[] runDigest(CollectiveConfig config) {
    return DigestUtils.sha256(config.runId());
  }

  private static byte[] paddedVersion(CollectiveConfig config) {
    byte[] version = config.version().getBytes(StandardCharsets.UTF_8);
    return Arrays.copyOf(version, CollectiveConfig.MAX_VERSION_BYTES);
  }

  private static String readVersion(ByteBuffer in) {
    byte[] version = take(in, CollectiveConfig.MAX_VERSION_BYTES);
    return new String(version, StandardCharsets.UTF_8).replace("\0", "");
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

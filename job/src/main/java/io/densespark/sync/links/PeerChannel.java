package io.densespark.sync.links;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.apache.commons.io.IOUtils;

/**
 * The bytes of a connection, in clear or encrypted, never blocking. Encrypted bytes travel in
 * records of AES-256-GCM: the length of the ciphertext, then the ciphertext with its tag. Each
 * direction of each connection has a key of its own and counts its records, so that none can be
 * left out, repeated or changed.
 */
final class PeerChannel {

  private static final int RECORD_BYTES = 1 << 16;
  private static final int TAG_BYTES = 16;
  private static final int IV_BYTES = 12;

  private final SocketChannel socket;
  private final SecretKeySpec sendKey;
  private final SecretKeySpec receiveKey;
  private final Cipher cipher;

  // What is encrypted and not sent yet, and one plain record on its way there.
  private final ByteBuffer sending;
  private final byte[] plainOut;
  // A record that is arriving, and what of the last one has not been read yet.
  private final ByteBuffer arriving;
  private final ByteBuffer arrived;
  private long sentRecords;
  private long receivedRecords;

  private PeerChannel(SocketChannel socket, byte[] sendKey, byte[] receiveKey) {
    this.socket = socket;
    boolean encrypted = sendKey != null;
    this.sendKey = encrypted ? new SecretKeySpec(sendKey, "AES") : null;
    this.receiveKey = encrypted ? new SecretKeySpec(receiveKey, "AES") : null;
    int record = encrypted ? Integer.BYTES + RECORD_BYTES + TAG_BYTES : 0;
    sending = ByteBuffer.allocate(record).flip();
    plainOut = new byte[encrypted ? RECORD_BYTES : 0];
    arriving = ByteBuffer.allocate(record).limit(encrypted ? Integer.BYTES : 0);
    arrived = ByteBuffer.allocate(encrypted ? RECORD_BYTES : 0).flip();
    try {
      cipher = encrypted ? Cipher.getInstance("AES/GCM/NoPadding") : null;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM lacks AES-GCM, which every JVM must have", e);
    }
  }

  /** In clear. */
  static PeerChannel plain(SocketChannel socket) {
    return new PeerChannel(socket, null, null);
  }

  /**
   * Encrypted.
   *
   * @param sendKey 32 bytes, used for this connection and direction only
   * @param receiveKey the same for the other direction
   */
  static PeerChannel encrypted(SocketChannel socket, byte[] sendKey, byte[] receiveKey) {
    return new PeerChannel(socket, sendKey, receiveKey);
  }

  /** Reads what there is; 0: nothing now, below 0: the other end has closed. */
  int read(ByteBuffer target) throws IOException {
    if (cipher == null) {
      return socket.read(target);
    }
    while (!arrived.hasRemaining()) {
      int count = socket.read(arriving);
      if (arriving.hasRemaining()) {
        return Math.min(0, count);
      }
      if (arriving.limit() == Integer.BYTES) {
        int length = arriving.getInt(0);
        if (length < TAG_BYTES || length > RECORD_BYTES + TAG_BYTES) {
          throw new IOException("a record of " + length + " bytes");
        }
        arriving.limit(Integer.BYTES + length);
      } else {
        decrypt();
      }
    }
    int count = Math.min(target.remaining(), arrived.remaining());
    target.put(arrived.slice(arrived.position(), count));
    arrived.position(arrived.position() + count);
    return count;
  }

  private void decrypt() throws IOException {
    try {
      cipher.init(Cipher.DECRYPT_MODE, receiveKey, iv(receivedRecords++));
      arrived.clear();
      cipher.doFinal(arriving.flip().position(Integer.BYTES), arrived);
      arrived.flip();
      arriving.clear().limit(Integer.BYTES);
    } catch (AEADBadTagException e) {
      throw new IOException("a record was changed on its way", e);
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  /**
   * Takes what can be taken.
   *
   * @return bytes on the network
   */
  long write(ByteBuffer... from) throws IOException {
    if (cipher == null) {
      return socket.write(from);
    }
    long count = 0;
    do {
      count += socket.write(sending);
      if (sending.hasRemaining()) {
        return count;
      }
    } while (encrypt(from));
    return count;
  }

  /** Encrypts the next record; false: there is nothing to send. */
  private boolean encrypt(ByteBuffer[] from) throws IOException {
    int length = 0;
    for (int i = 0; i < from.length && length < RECORD_BYTES; i++) {
      int count = Math.min(from[i].remaining(), RECORD_BYTES - length);
      from[i].get(plainOut, length, count);
      length += count;
    }
    if (length == 0) {
      return false;
    }
    try {
      cipher.init(Cipher.ENCRYPT_MODE, sendKey, iv(sentRecords++));
      sending.clear().putInt(length + TAG_BYTES);
      cipher.doFinal(ByteBuffer.wrap(plainOut, 0, length), sending);
      sending.flip();
      return true;
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static GCMParameterSpec iv(long record) {
    return new GCMParameterSpec(
        TAG_BYTES * Byte.SIZE, ByteBuffer.allocate(IV_BYTES).putLong(4, record).array());
  }

  /** Whether something that was taken has not been sent. */
  boolean hasUnsent() {
    return sending.hasRemaining();
  }

  boolean isOpen() {
    return socket.isOpen();
  }

  /** Says to the other end that nothing more comes. */
  void endOutput() throws IOException {
    if (socket.isConnected()) {
      socket.shutdownOutput();
    }
  }

  void close() {
    IOUtils.closeQuietly(socket);
  }
}

package io.densespark.sync.links;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PeerChannelTest {

  private static final byte[] KEY = new byte[32];
  private static final byte[] OTHER = new byte[32];

  static {
    Arrays.fill(OTHER, (byte) 7);
  }

  private SocketChannel near;
  private SocketChannel far;

  @BeforeEach
  void connect() throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress("127.0.0.1", 0));
      near = SocketChannel.open(server.getLocalAddress());
      far = server.accept();
    }
    near.configureBlocking(false);
  }

  @AfterEach
  void close() throws IOException {
    near.close();
    far.close();
  }

  @Test
  void bytesArriveAsTheyWereSentWhateverTheSizesOfBuffers() throws IOException {
    far.configureBlocking(false);
    byte[] bytes = new byte[3_000_000];
    new Random(1).nextBytes(bytes);
    PeerChannel sender = PeerChannel.encrypted(near, KEY, OTHER);
    PeerChannel receiver = PeerChannel.encrypted(far, OTHER, KEY);
    ByteBuffer[] parts = {ByteBuffer.wrap(bytes, 0, 36), ByteBuffer.wrap(bytes, 36, 2_999_964)};
    ByteBuffer received = ByteBuffer.allocate(bytes.length);

    while (received.hasRemaining()) {
      sender.write(parts);
      received.limit(Math.min(bytes.length, received.position() + 70_001));
      assertThat(receiver.read(received)).isNotNegative();
      received.limit(bytes.length);
    }

    assertThat(received.array()).isEqualTo(bytes);
    assertThat(sender.hasUnsent()).isFalse();
  }

  @Test
  void nothingTravelsInClearAndNoRecordTwiceAlike() throws IOException {
    byte[] text = "gradients, gradients".getBytes(StandardCharsets.US_ASCII);
    PeerChannel sender = PeerChannel.encrypted(near, KEY, OTHER);

    sender.write(ByteBuffer.wrap(text));
    byte[] first = raw(4 + text.length + 16);
    sender.write(ByteBuffer.wrap(text));
    byte[] second = raw(first.length);

    assertThat(new String(first, StandardCharsets.ISO_8859_1)).doesNotContain("gradients");
    assertThat(second).isNotEqualTo(first);
  }

  @Test
  void aRecordThatWasChangedOrIsRepeatedIsNotRead() throws IOException {
    byte[] text = "gradients".getBytes(StandardCharsets.US_ASCII);
    PeerChannel.encrypted(near, KEY, OTHER).write(ByteBuffer.wrap(text));
    byte[] record = raw(4 + text.length + 16);
    byte[] changed = record.clone();
    changed[10] ^= 1;

    assertThatThrownBy(() -> received(changed)).hasMessageContaining("changed on its way");
    assertThat(received(record)).isEqualTo(text);
    byte[] twice = Arrays.copyOf(record, 2 * record.length);
    System.arraycopy(record, 0, twice, record.length, record.length);
    assertThatThrownBy(() -> received(twice)).hasMessageContaining("changed on its way");
  }

  /** What a fresh receiver makes of raw bytes. */
  private byte[] received(byte[] bytes) throws IOException {
    far.write(ByteBuffer.wrap(bytes));
    PeerChannel receiver = PeerChannel.encrypted(near, OTHER, KEY);
    ByteBuffer plain = ByteBuffer.allocate(1_000);
    int records = bytes.length / (4 + 9 + 16);
    while (plain.position() < 9 * records) {
      receiver.read(plain);
    }
    return Arrays.copyOf(plain.array(), plain.position());
  }

  private byte[] raw(int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      far.read(bytes);
    }
    return bytes.array();
  }
}

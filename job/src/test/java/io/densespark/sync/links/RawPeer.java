package io.densespark.sync.links;

import io.densespark.sync.tree.Operation;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A process that speaks the protocol by hand, well or badly. */
public final class RawPeer implements AutoCloseable {
  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;

  public RawPeer(PeerAddress address) throws IOException {
    socket = new Socket(address.host(), address.port());
    socket.setSoTimeout(10_000);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(socket.getInputStream());
    out = socket.getOutputStream();
  }

  public void write(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  byte[] read(int count) throws IOException {
    return in.readNBytes(count);
  }

  /** Whether the other end closes the connection, having sent at most a bounded answer. */
  public boolean isClosedByPeer() throws IOException {
    try {
      int count = 0;
      while (in.read() >= 0) {
        if (++count > 1_000) {
          return false;
        }
      }
      return true;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  /** Calls a rank as another one. */
  public boolean isWelcomed(CollectiveConfig config, int from, int to) throws IOException {
    byte[] hello = HandshakeMessages.hello(config, from, to);
    write(hello);
    byte[] challenge = read(HandshakeMessages.CHALLENGE_BYTES);
    if (challenge.length < HandshakeMessages.CHALLENGE_BYTES) {
      return false;
    }
    write(config.secret().tag(HandshakeMessages.DIALER, hello, challenge));
    byte[] welcome = read(RunSecret.TAG_BYTES);
    return welcome.length == RunSecret.TAG_BYTES
        && config.secret().verifies(welcome, HandshakeMessages.WELCOME, hello, challenge);
  }

  /** Passes the barrier at the end of the rendezvous. */
  public void passRendezvous(int rank) throws IOException {
    frame(
        new FrameHeader(FrameKind.CONTRIBUTION, Operation.BARRIER, rank, 0, 0, 0, 0), new byte[0]);
    read(FrameHeader.BYTES);
  }

  public void frame(FrameHeader header, byte[] payload) throws IOException {
    ByteBuffer frame =
        ByteBuffer.allocate(FrameHeader.BYTES + payload.length).order(ByteOrder.LITTLE_ENDIAN);
    header.write(frame);
    frame.put(FrameHeader.BYTES, payload);
    write(frame.array());
  }

  /** Header of the first sum after the rendezvous. */
  public static FrameHeader sum(int rank, int values, int payloadBytes) {
    return new FrameHeader(FrameKind.CONTRIBUTION, Operation.SUM, rank, payloadBytes, 0, 1, values);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

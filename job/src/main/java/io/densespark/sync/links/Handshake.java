package io.densespark.sync.links;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.apache.commons.io.IOUtils;

/**
 * A connection whose other end has not proven itself yet; reads exactly the bytes of the message
 * that is next.
 */
abstract sealed class Handshake permits DialHandshake, AcceptHandshake {
  final SocketChannel channel;
  final SelectionKey key;
  private ByteBuffer incoming = ByteBuffer.allocate(0);

  Handshake(SocketChannel channel, SelectionKey key) {
    this.channel = channel;
    this.key = key;
    key.attach(this);
  }

  /** Goes on as far as the bytes received allow. */
  abstract void advance(MeshRendezvous rendezvous) throws IOException;

  void expect(int bytes) {
    incoming = ByteBuffer.allocate(bytes);
  }

  /** The expected message, or null if some of it has not arrived. */
  byte[] message() throws IOException {
    while (incoming.hasRemaining()) {
      int count = channel.read(incoming);
      if (count < 0) {
        throw new EOFException("closed the connection during the handshake");
      }
      if (count == 0) {
        return null;
      }
    }
    return incoming.array();
  }

  /** Sends a message; a fresh socket has room for it, or its other end is not one of ours. */
  void say(byte[] message) throws IOException {
    ByteBuffer out = ByteBuffer.wrap(message);
    channel.write(out);
    if (out.hasRemaining()) {
      throw new IOException("does not read the handshake");
    }
  }

  void close() {
    IOUtils.closeQuietly(channel);
  }

  String remote() {
    try {
      return String.valueOf(channel.getRemoteAddress());
    } catch (IOException e) {
      return "a closed connection";
    }
  }
}

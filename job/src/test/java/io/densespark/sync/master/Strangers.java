package io.densespark.sync.master;

import io.densespark.text.Text;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Foreign processes that find every listening port of some hosts, as Linux tells it, and send what
 * does not belong there: nothing, noise, another protocol, the start of the right one.
 */
final class Strangers implements AutoCloseable {

  private static final List<Path> TCP =
      List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));
  private static final String LISTENING = "0A";
  private static final int KEPT_OPEN = 200;

  private final List<String> hosts;
  private final Set<Integer> spared;
  private final Set<Integer> visited = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean stop = new AtomicBoolean();
  private final Deque<Socket> open = new ArrayDeque<>();
  private final Random random = new Random(3);
  private final Thread thread = new Thread(this::roam, "strangers");

  private Strangers(List<String> hosts) throws IOException {
    this.hosts = hosts;
    this.spared = listening();
    thread.start();
  }

  /** Sends strangers to every port that is opened on these hosts from now on. */
  static Strangers visit(String... hosts) throws IOException {
    return new Strangers(List.of(hosts));
  }

  private void roam() {
    while (!stop.get()) {
      try {
        for (int port : listening()) {
          if (!spared.contains(port)) {
            knock(port);
          }
        }
      } catch (IOException e) {
        // The port has been closed in the meantime.
      }
    }
    open.forEach(Strangers::close);
  }

  private void knock(int port) throws IOException {
    for (String host : hosts) {
      try {
        Socket socket = new Socket(InetAddress.getByName(host), port);
        open.addLast(socket);
        socket.getOutputStream().write(noise());
        visited.add(port);
      } catch (IOException e) {
        // Another host's port, or one that has closed.
      }
    }
    while (open.size() > KEPT_OPEN) {
      close(open.removeFirst());
    }
  }

  private byte[] noise() {
    return switch (random.nextInt(4)) {
      case 0 -> new byte[0];
      case 1 -> "GET / HTTP/1.1\r\nHost: densespark\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
      case 2 ->
          ByteBuffer.allocate(200).put("DSPARK02".getBytes(StandardCharsets.US_ASCII)).array();
      default -> {
        byte[] bytes = new byte[1 << random.nextInt(16)];
        random.nextBytes(bytes);
        yield bytes;
      }
    };
  }

  /** Ports on which anybody listens at these hosts. */
  private Set<Integer> listening() throws IOException {
    List<String> marks = new ArrayList<>();
    for (String host : hosts) {
      byte[] address = InetAddress.getByName(host).getAddress();
      marks.add(Text.format("%02X%02X%02X%02X", address[3], address[2], address[1], address[0]));
    }
    Set<Integer> ports = new HashSet<>();
    for (Path table : TCP) {
      for (String line : Files.readAllLines(table)) {
        String[] fields = line.trim().split("\\s+");
        String[] local = fields[1].split(":");
        // Java listens at IPv4 addresses through IPv6 sockets: the address ends with them.
        if (fields[3].equals(LISTENING) && marks.stream().anyMatch(local[0]::endsWith)) {
          ports.add(Integer.parseInt(local[1], 16));
        }
      }
    }
    return ports;
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // Nothing is left to free.
    }
  }

  /** How many ports they have been to. */
  int visited() {
    return visited.size();
  }

  @Override
  public void close() {
    stop.set(true);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

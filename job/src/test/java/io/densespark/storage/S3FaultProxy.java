package io.densespark.storage;

import io.densespark.text.Text;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between an S3 client and a server and lets chosen requests fail. What it passes on is
 * unchanged but for the connection, which serves one request: so signatures stay valid.
 */
public final class S3FaultProxy implements AutoCloseable {

  /** What may become of a request. */
  public enum Fault {
    NONE,
    /** Answered with 500. */
    INTERNAL_ERROR,
    /** Answered with 503 SlowDown. */
    SLOW_DOWN,
    /** The connection is reset before the server sees anything. */
    RESET,
    /** The server does as asked, but the connection is reset in place of its answer. */
    ANSWER_LOST,
    /** Nothing comes back until the client gives up. */
    SILENCE
  }

  /** Decides on a request. */
  @FunctionalInterface
  public interface Plan {
    /**
     * @param number of the request since the plan was made, from 0
     * @param method as {@code PUT}
     * @param target path and query
     */
    Fault of(int number, String method, String target);
  }

  private static final int HEAD_LIMIT = 1 << 16;
  private static final String HEAD_END = "\r\n\r\n";

  private final URI server;
  private final ServerSocket socket;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "s3-fault-proxy");
            thread.setDaemon(true);
            return thread;
          });
  private final List<String> failed = new CopyOnWriteArrayList<>();
  private final AtomicInteger requests = new AtomicInteger();
  private volatile Plan plan = (number, method, target) -> Fault.NONE;

  /** Begins to listen on a free port of the loopback address. */
  public S3FaultProxy(String serverUri) throws IOException {
    server = URI.create(serverUri);
    socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    threads.submit(
        () -> {
          while (!socket.isClosed()) {
            Socket client = socket.accept();
            threads.submit(() -> serve(client));
          }
          return null;
        });
  }

  /** Where clients are to connect. */
  public String uri() {
    return "http://127.0.0.1:" + socket.getLocalPort();
  }

  /** From now on requests are counted and fail as this says. */
  public void plan(Plan next) {
    failed.clear();
    requests.set(0);
    plan = next;
  }

  /** From now on everything is passed on. */
  public void heal() {
    plan((number, method, target) -> Fault.NONE);
  }

  /** Requests since the plan was made. */
  public int requests() {
    return requests.get();
  }

  /** The requests that failed since the plan was made, each its method and target. */
  public List<String> failed() {
    return List.copyOf(failed);
  }

  @Override
  public void close() throws IOException {
    socket.close();
    threads.shutdownNow();
  }

  private Void serve(Socket client) throws IOException {
    try (client) {
      String head = readHead(client.getInputStream());
      if (head == null) {
        return null;
      }
      String[] line = head.substring(0, head.indexOf("\r\n")).split(" ");
      Fault fault = plan.of(requests.getAndIncrement(), line[0], line[1]);
      if (fault != Fault.NONE) {
        failed.add(line[0] + " " + line[1]);
      }
      switch (fault) {
        case INTERNAL_ERROR -> answer(client, head, "500 Internal Server Error", "InternalError");
        case SLOW_DOWN -> answer(client, head, "503 Slow Down", "SlowDown");
        case RESET -> reset(client);
        case SILENCE -> drain(client.getInputStream());
        case ANSWER_LOST -> {
          passOn(client, head, OutputStream.nullOutputStream());
          reset(client);
        }
        case NONE -> passOn(client, head, client.getOutputStream());
      }
    }
    return null;
  }

  private void passOn(Socket client, String head, OutputStream answer) throws IOException {
    try (Socket upstream = new Socket(server.getHost(), server.getPort())) {
      // The client gets its leave to send the body from here, so that its answer can be withheld.
      if (header(head, "Expect") != null) {
        client.getOutputStream().write(ascii("HTTP/1.1 100 Continue" + HEAD_END));
      }
      OutputStream out = upstream.getOutputStream();
      out.write(ascii(forOneRequest(head)));
      copy(client.getInputStream(), out, bodyLength(head));
      out.flush();
      upstream.getInputStream().transferTo(answer);
      answer.flush();
    }
  }

  private static void answer(Socket client, String head, String status, String code)
      throws IOException {
    if (header(head, "Expect") == null) {
      copy(client.getInputStream(), OutputStream.nullOutputStream(), bodyLength(head));
    }
    String body = Text.format("<Error><Code>%s</Code><Message>on purpose</Message></Error>", code);
    String reply =
        Text.format(
            "HTTP/1.1 %s\r\nContent-Type: application/xml\r\nContent-Length: %d\r\nConnection: close",
            status, body.length());
    client
        .getOutputStream()
        .write(ascii(reply + HEAD_END + (head.startsWith("HEAD ") ? "" : body)));
    client.shutdownOutput();
    drain(client.getInputStream());
  }

  private static void reset(Socket client) throws IOException {
    client.setSoLinger(true, 0);
    client.close();
  }

  private static void drain(InputStream in) throws IOException {
    in.transferTo(OutputStream.nullOutputStream());
  }

  private static String forOneRequest(String head) {
    String kept =
        head.substring(0, head.length() - HEAD_END.length())
            .lines()
            .filter(line -> !line.matches("(?i)(connection|expect):.*"))
            .reduce((a, b) -> a + "\r\n" + b)
            .orElseThrow();
    return kept + "\r\nConnection: close" + HEAD_END;
  }

  private static String readHead(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (head.size() < HEAD_LIMIT) {
      int next = in.read();
      if (next < 0) {
        return null;
      }
      head.write(next);
      if (next == '\n' && head.toString(StandardCharsets.ISO_8859_1).endsWith(HEAD_END)) {
        return head.toString(StandardCharsets.ISO_8859_1);
      }
    }
    throw new IOException("no end of the request's head");
  }

  private static String header(String head, String name) {
    return head.lines()
        .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElse(null);
  }

  private static long bodyLength(String head) {
    String length = header(head, "Content-Length");
    return length == null ? 0 : Long.parseLong(length);
  }

  private static void copy(InputStream in, OutputStream out, long length) throws IOException {
    byte[] chunk = new byte[1 << 16];
    for (long left = length; left > 0; ) {
      int read = in.read(chunk, 0, (int) Math.min(chunk.length, left));
      if (read < 0) {
        throw new IOException("the client broke off");
      }
      out.write(chunk, 0, read);
      left -= read;
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}

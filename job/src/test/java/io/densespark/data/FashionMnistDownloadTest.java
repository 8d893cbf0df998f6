package io.densespark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.densespark.data.FashionMnistDownload.Limits;
import io.densespark.data.FashionMnistDownload.RemoteFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FashionMnistDownloadTest {

  private static final byte[] CONTENT = "the right content".getBytes(StandardCharsets.UTF_8);
  private static final RemoteFile FILE = new RemoteFile("file.gz", DigestUtils.md5Hex(CONTENT));
  private static final Duration LONG = Duration.ofSeconds(20);

  private final ExecutorService handlers = Executors.newCachedThreadPool();
  private final CountDownLatch finished = new CountDownLatch(1);
  private final AtomicInteger requests = new AtomicInteger();
  private HttpServer server;
  @TempDir private Path directory;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(handlers);
    serve("/good/", body(CONTENT, CONTENT.length));
    server.start();
  }

  @AfterEach
  void stop() {
    finished.countDown();
    server.stop(0);
    handlers.shutdownNow();
  }

  private void serve(String path, HttpHandler handler) {
    server.createContext(
        path,
        exchange -> {
          requests.incrementAndGet();
          handler.handle(exchange);
          exchange.close();
        });
  }

  private static HttpHandler body(byte[] sent, long announced) {
    return exchange -> {
      exchange.sendResponseHeaders(200, announced);
      exchange.getResponseBody().write(sent);
    };
  }

  private static HttpHandler status(int code) {
    return exchange -> exchange.sendResponseHeaders(code, -1);
  }

  private URI host(String path) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
  }

  private FashionMnistDownload from(Duration perFile, String... paths) {
    List<URI> hosts = List.of(paths).stream().map(this::host).toList();
    return new FashionMnistDownload(hosts, new Limits(LONG, perFile, 3, Duration.ofMillis(1)));
  }

  private void assertNothingIsLeft() throws IOException {
    try (var left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void storesAWholeFileOfTheRightSum() throws IOException {
    from(LONG, "/good/").fetch(FILE, directory.resolve("made/on/the/way"));
    try (var stored = Files.list(directory.resolve("made/on/the/way"))) {
      assertThat(stored)
          .singleElement()
          .satisfies(
              file -> {
                assertThat(file.getFileName()).hasToString("file.gz");
                assertThat(file).hasBinaryContent(CONTENT);
              });
    }
    assertThat(requests).hasValue(1);
  }

  @Test
  void goesToTheNextHostWhenTheFirstLacksTheFile() {
    serve("/bad/", status(404));
    from(LONG, "/bad/", "/good/").fetch(FILE, directory);
    assertThat(directory.resolve("file.gz")).hasBinaryContent(CONTENT);
    assertThat(requests).hasValue(2);
  }

  @Test
  void triesABusyHostAgain() {
    AtomicInteger calls = new AtomicInteger();
    serve(
        "/bad/",
        exchange ->
            (calls.incrementAndGet() < 3 ? status(503) : body(CONTENT, CONTENT.length))
                .handle(exchange));
    from(LONG, "/bad/").fetch(FILE, directory);
    assertThat(directory.resolve("file.gz")).hasBinaryContent(CONTENT);
    assertThat(calls).hasValue(3);
  }

  @Test
  void refusesATruncatedBody() throws IOException {
    serve("/bad/", body(CONTENT, CONTENT.length + 10));
    assertThatThrownBy(() -> from(LONG, "/bad/").fetch(FILE, directory))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("file.gz could not be downloaded");
    assertThat(requests).hasValue(3);
    assertNothingIsLeft();
  }

  @Test
  void refusesWrongContentWithoutAskingAgain() throws IOException {
    byte[] wrong = "a proxy's welcome".getBytes(StandardCharsets.UTF_8);
    serve("/bad/", body(wrong, wrong.length));
    assertThatThrownBy(() -> from(LONG, "/bad/").fetch(FILE, directory))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(DigestUtils.md5Hex(wrong), "expected " + FILE.md5());
    assertThat(requests).hasValue(1);
    assertNothingIsLeft();
  }

  @Test
  void givesUpOnABodyThatDoesNotEnd() throws IOException {
    serve(
        "/bad/",
        exchange -> {
          exchange.sendResponseHeaders(200, CONTENT.length);
          exchange.getResponseBody().write(CONTENT, 0, 5);
          exchange.getResponseBody().flush();
          try {
            finished.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    assertThatThrownBy(() -> from(Duration.ofMillis(200), "/bad/").fetch(FILE, directory))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("after 200 ms");
    assertThat(requests).hasValue(3);
    assertNothingIsLeft();
  }

  @Test
  void namesTheReasonOfEveryHost() {
    serve("/bad/", status(404));
    serve("/worse/", status(403));
    assertThatThrownBy(() -> from(LONG, "/bad/", "/worse/").fetch(FILE, directory))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("/bad/file.gz: HTTP status 404", "/worse/file.gz: HTTP status 403")
        // Only the first line is shown.
        .message()
        .doesNotContain("\n");
  }

  @Test
  void saysWhatToDoWhenTheCacheCannotBeWritten() throws IOException {
    Path file = Files.createFile(directory.resolve("a-file"));
    assertThatThrownBy(() -> from(LONG, "/good/").fetch(FILE, file))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("cannot be written", "XDG_CACHE_HOME");
  }
}

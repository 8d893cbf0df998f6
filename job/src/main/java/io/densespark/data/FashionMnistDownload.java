package io.densespark.data;

import io.densespark.text.Text;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.commons.codec.digest.DigestUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches files into a directory: every host in turn, a bounded number of attempts each, and only
 * whole files of the right MD5 ever stand under their final name.
 */
final class FashionMnistDownload {

  private static final Logger LOG = LoggerFactory.getLogger(FashionMnistDownload.class);

  private final List<URI> hosts;
  private final Limits limits;

  /** Made for the first file: it reads the machine's certificates, which takes its time. */
  private HttpClient client;

  /**
   * Bounds of a download.
   *
   * @param connect longest wait for a connection
   * @param file longest time for one attempt at one file
   * @param attempts attempts at one file at one host
   * @param backoff wait before the second attempt, doubled before each further one
   */
  record Limits(Duration connect, Duration file, int attempts, Duration backoff) {}

  /**
   * A file to fetch.
   *
   * @param name its name below the host's address and in the directory
   * @param md5 its MD5, lower-case hexadecimal
   */
  record RemoteFile(String name, String md5) {

    static RemoteFile of(PublishedFile file) {
      return new RemoteFile(file.archiveName(), file.archiveMd5());
    }
  }

  /**
   * One attempt failed; another at the same host is only worth it when {@code transientFailure}.
   */
  private static final class AttemptFailed extends Exception {
    final boolean transientFailure;

    AttemptFailed(String message, boolean transientFailure) {
      super(message);
      this.transientFailure = transientFailure;
    }
  }

  /**
   * @param hosts addresses that the names are appended to, each ending with a slash
   */
  FashionMnistDownload(List<URI> hosts, Limits limits) {
    this.hosts = List.copyOf(hosts);
    this.limits = limits;
  }

  /** The publisher's two addresses. */
  static FashionMnistDownload fromPublisher() {
    return new FashionMnistDownload(
        List.of(
            URI.create("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
            URI.create(
                "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/")),
        new Limits(Duration.ofSeconds(10), Duration.ofMinutes(5), 3, Duration.ofSeconds(1)));
  }

  /**
   * Fetches one file.
   *
   * @throws DataException when no host delivered it; the message holds the reason of each
   */
  void fetch(RemoteFile file, Path directory) {
    if (client == null) {
      client =
          HttpClient.newBuilder()
              .connectTimeout(limits.connect())
              .followRedirects(HttpClient.Redirect.NORMAL)
              .build();
    }
    List<String> failures = new ArrayList<>();
    for (URI host : hosts) {
      URI address = host.resolve(file.name());
      String failure = "";
      for (int attempt = 1; attempt <= limits.attempts(); attempt++) {
        try {
          LOG.info("Downloading {}", address);
          store(download(address, file.md5()), directory, file.name());
          return;
        } catch (AttemptFailed e) {
          failure = Text.format("%s: %s", address, e.getMessage());
          LOG.warn("{}: {}", address, e.getMessage());
          if (!e.transientFailure) {
            break;
          }
          if (attempt < limits.attempts()) {
            pause(limits.backoff().multipliedBy(1L << (attempt - 1)));
          }
        }
      }
      failures.add(failure);
    }
    throw new DataException(
        Text.format("%s could not be downloaded (%s)", file.name(), String.join("; ", failures)));
  }

  private byte[] download(URI address, String md5) throws AttemptFailed {
    // The timeout of a request ends with the headers; the wait for the future bounds the body too.
    CompletableFuture<HttpResponse<byte[]>> sent =
        client.sendAsync(
            HttpRequest.newBuilder(address).timeout(limits.file()).build(),
            HttpResponse.BodyHandlers.ofByteArray());
    HttpResponse<byte[]> response;
    try {
      response = sent.get(limits.file().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      sent.cancel(true);
      throw new AttemptFailed("not complete after " + limits.file().toMillis() + " ms", true);
    } catch (ExecutionException e) {
      // What refuses a connection often gives no message.
      boolean unreachable = e.getCause() instanceof ConnectException;
      throw new AttemptFailed(unreachable ? "no connection" : e.getCause().toString(), true);
    } catch (InterruptedException e) {
      sent.cancel(true);
      throw interrupted(e);
    }
    if (response.statusCode() != 200) {
      boolean busy = response.statusCode() >= 500 || response.statusCode() == 429;
      throw new AttemptFailed("HTTP status " + response.statusCode() + ", expected 200", busy);
    }
    String met = DigestUtils.md5Hex(response.body());
    if (!met.equals(md5)) {
      throw new AttemptFailed(
          Text.format("%d bytes with MD5 %s, expected %s", response.body().length, met, md5),
          false);
    }
    return response.body();
  }

  private static void store(byte[] content, Path directory, String name) {
    Path target = directory.resolve(name);
    try {
      Files.createDirectories(directory);
      Path part = Files.createTempFile(directory, name + ".", ".part");
      try {
        Files.write(part, content);
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      throw new DataException(
          Text.format(
              "%s cannot be written (%s); make the directory writable or point XDG_CACHE_HOME elsewhere",
              target, e),
          e);
    }
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration.toMillis());
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static DataException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new DataException("the download was interrupted", e);
  }
}

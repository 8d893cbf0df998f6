package io.densespark.job.run;

import io.densespark.config.RunConfig;
import io.densespark.job.Inputs;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.observe.LineageEvent;
import io.densespark.storage.Content;
import io.densespark.storage.Json;
import io.densespark.text.Text;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** Says what a run that is over read and wrote: in a file, and to whoever wants to know. */
final class Lineage {

  /** Holds the key of the service, as OpenLineage's own clients have it. */
  private static final String KEY_VARIABLE = "OPENLINEAGE_API_KEY";

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private Lineage() {}

  /**
   * Writes {@code lineage.json}, and posts the same. A run that ended before it read its data has
   * none.
   *
   * @throws IllegalStateException if it cannot be posted
   */
  static void write(RunDirectory directory, RunStatus status, RunConfig config) {
    Optional<Provenance> provenance = directory.readProvenance();
    if (provenance.isEmpty()) {
      return;
    }
    String runUri = directory.store().uri(directory.path());
    LineageEvent event =
        LineageEvent.of(
            status,
            provenance.get(),
            runUri,
            config.registry().name(),
            directory.store().uri(directory.model()),
            Inputs.hadoop(config).get("fs.defaultFS", "file:///"));
    byte[] json = Json.document(event);
    directory.store().replace(directory.lineage(), Content.of(json));
    config.metrics().openLineageUrl().ifPresent(address -> post(address, json));
  }

  private static void post(String address, byte[] json) {
    String failure;
    try {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(address))
              .timeout(LIMIT)
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofByteArray(json));
      String key = System.getenv(KEY_VARIABLE);
      if (key != null && !key.isBlank()) {
        request.header("Authorization", "Bearer " + key);
      }
      int code =
          HttpClient.newBuilder()
              .connectTimeout(LIMIT)
              .build()
              .send(request.build(), HttpResponse.BodyHandlers.discarding())
              .statusCode();
      if (code / 100 == 2) {
        return;
      }
      failure = "it answered with status " + code;
    } catch (IOException e) {
      failure = "there was no answer";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure = "the process was stopped";
    }
    throw new IllegalStateException(
        Text.format(
            "metrics.openlineage-url: the event could not be posted, %s; it is in lineage.json",
            failure));
  }
}

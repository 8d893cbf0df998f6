package io.densespark.observe;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.settings.Secrets;
import io.densespark.storage.Json;
import io.densespark.text.Text;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.commons.lang3.StringUtils;

/**
 * A tracking server of MLflow, by its REST API 2.0 (https://mlflow.org/docs/latest/rest-api.html),
 * whose limits on sizes it keeps. No request waits long for its answer; what it throws says what
 * the server answered. (MLflow's own client for Java hands files to its Python.)
 */
public final class MlflowServer {

  /** Where a run stands. */
  public enum State {
    RUNNING,
    FINISHED,
    FAILED,
    KILLED
  }

  /**
   * A run as the server has it.
   *
   * @param artifacts where its files are to go
   * @param steps by metric, that of its last value
   * @param params names of those that it has, which never change
   */
  public record Run(String id, String artifacts, Map<String, Long> steps, Set<String> params) {}

  /** A value of a metric; one that is not finite stays so. */
  public record Metric(String key, double value, Instant time, long step) {}

  // Limits of a request to log-batch, and of what is in it.
  private static final int MOST_METRICS = 1000;
  private static final int MOST_ENTRIES = 100;
  private static final int LONGEST_KEY = 250;
  private static final int LONGEST_PARAM = 6000;
  private static final int LONGEST_TAG = 5000;

  private static final Duration CONNECTING = Duration.ofSeconds(10);
  private static final Duration ANSWERING = Duration.ofSeconds(30);
  private static final Duration UPLOADING = Duration.ofMinutes(1);
  private static final int LONGEST_ANSWER_SHOWN = 200;
  private static final String PROXIED = "mlflow-artifacts:";

  private final String api;
  private final Optional<String> authorization;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECTING)
          .build();

  /**
   * @param url http address of the server
   * @param environment variables, null where there is none: MLFLOW_TRACKING_USERNAME and
   *     MLFLOW_TRACKING_PASSWORD, or else MLFLOW_TRACKING_TOKEN, as MLflow's own client reads them
   */
  public MlflowServer(String url, UnaryOperator<String> environment) {
    this.api = StringUtils.stripEnd(url, "/") + "/api/2.0/";
    this.authorization = authorization(environment);
  }

  private static Optional<String> authorization(UnaryOperator<String> environment) {
    String user = environment.apply("MLFLOW_TRACKING_USERNAME");
    String password = environment.apply("MLFLOW_TRACKING_PASSWORD");
    if (!StringUtils.isAnyEmpty(user, password)) {
      byte[] both = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
      return Optional.of("Basic " + Base64.getEncoder().encodeToString(both));
    }
    return Optional.ofNullable(environment.apply("MLFLOW_TRACKING_TOKEN"))
        .filter(StringUtils::isNotBlank)
        .map(token -> "Bearer " + token);
  }

  /** Id of the experiment of a name, which is made where there is none. */
  public String experiment(String name) throws IOException, InterruptedException {
    String query = "?experiment_name=" + URLEncoder.encode(name, StandardCharsets.UTF_8);
    Optional<JsonNode> found = get("mlflow/experiments/get-by-name" + query);
    return found.isPresent()
        ? text(found.get(), "/experiment/experiment_id")
        : text(post("mlflow/experiments/create", Map.of("name", name)), "/experiment_id");
  }

  /**
   * The run of an experiment that has a tag.
   *
   * @param value without quotes
   */
  public Optional<Run> find(String experiment, String tag, String value)
      throws IOException, InterruptedException {
    JsonNode found =
        post(
            "mlflow/runs/search",
            Map.of(
                "experiment_ids",
                List.of(experiment),
                "filter",
                Text.format("tags.`%s` = '%s'", tag, value),
                "max_results",
                1));
    return found.path("runs").isEmpty()
        ? Optional.empty()
        : Optional.of(run(found.path("runs").get(0)));
  }

  /** Makes a run that goes on. */
  public Run create(String experiment, String name, Instant started, Map<String, String> tags)
      throws IOException, InterruptedException {
    return run(
        post(
                "mlflow/runs/create",
                Map.of(
                    "experiment_id",
                    experiment,
                    "run_name",
                    name,
                    "start_time",
                    started.toEpochMilli(),
                    "tags",
                    entries(tags, LONGEST_TAG)))
            .path("run"));
  }

  /** Adds to a run, in as many requests as its limits ask for. */
  public void log(
      String run, List<Metric> metrics, Map<String, String> params, Map<String, String> tags)
      throws IOException, InterruptedException {
    List<Map<String, Object>> values = metrics.stream().map(MlflowServer::value).toList();
    logBatches(run, "metrics", values, MOST_METRICS);
    logBatches(run, "params", entries(params, LONGEST_PARAM), MOST_ENTRIES);
    logBatches(run, "tags", entries(tags, LONGEST_TAG), MOST_ENTRIES);
  }

  private void logBatches(String run, String kind, List<?> all, int most)
      throws IOException, InterruptedException {
    for (int begin = 0; begin < all.size(); begin += most) {
      List<?> some = all.subList(begin, Math.min(begin + most, all.size()));
      post("mlflow/runs/log-batch", Map.of("run_id", run, kind, some));
    }
  }

  /**
   * Says where a run stands.
   *
   * @param ended empty: it goes on
   */
  public void update(String run, State state, Optional<Instant> ended)
      throws IOException, InterruptedException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("run_id", run);
    body.put("status", state);
    ended.ifPresent(time -> body.put("end_time", time.toEpochMilli()));
    post("mlflow/runs/update", body);
  }

  /** Whether the server itself takes the files of a run; else they go to a store of their own. */
  public static boolean takesFilesOf(Run run) {
    return run.artifacts().startsWith(PROXIED);
  }

  /** Stores a file of a run whose files the server takes. */
  public void upload(Run run, String name, byte[] content)
      throws IOException, InterruptedException {
    // mlflow-artifacts:/1/ab/artifacts, or with the server's name before the path.
    String path = URI.create(run.artifacts()).getPath();
    send(
        "PUT",
        "mlflow-artifacts/artifacts" + path + "/" + name,
        content,
        "application/octet-stream",
        UPLOADING);
  }

  private static Run run(JsonNode run) throws IOException {
    Map<String, Long> steps = new HashMap<>();
    run.at("/data/metrics")
        .forEach(metric -> steps.put(metric.path("key").asText(), metric.path("step").asLong()));
    Set<String> params = new HashSet<>();
    run.at("/data/params").forEach(param -> params.add(param.path("key").asText()));
    return new Run(text(run, "/info/run_id"), run.at("/info/artifact_uri").asText(), steps, params);
  }

  private static Map<String, Object> value(Metric metric) {
    // As JSON of protocol buffers has numbers that are not finite.
    Object value =
        Double.isFinite(metric.value()) ? metric.value() : String.valueOf(metric.value());
    return Map.of(
        "key",
        key(metric.key()),
        "value",
        value,
        "timestamp",
        metric.time().toEpochMilli(),
        "step",
        metric.step());
  }

  private static List<Map<String, String>> entries(Map<String, String> all, int longest) {
    List<Map<String, String>> entries = new ArrayList<>();
    all.forEach(
        (key, value) ->
            entries.add(Map.of("key", key(key), "value", StringUtils.abbreviate(value, longest))));
    return entries;
  }

  private static String key(String name) {
    return StringUtils.left(name.replaceAll("[^A-Za-z0-9_./ -]", "_"), LONGEST_KEY);
  }

  private Optional<JsonNode> get(String path) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = answer("GET", path, new byte[0], null, ANSWERING);
    if (answer.statusCode() == 404
        && new String(answer.body(), StandardCharsets.UTF_8).contains("RESOURCE_DOES_NOT_EXIST")) {
      return Optional.empty();
    }
    return Optional.of(json(path, answer));
  }

  private JsonNode post(String path, Object body) throws IOException, InterruptedException {
    return send("POST", path, Json.line(body), "application/json", ANSWERING);
  }

  private JsonNode send(String method, String path, byte[] body, String type, Duration limit)
      throws IOException, InterruptedException {
    return json(path, answer(method, path, body, type, limit));
  }

  private HttpResponse<byte[]> answer(
      String method, String path, byte[] body, String type, Duration limit)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(api + path))
            .timeout(limit)
            .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
    if (type != null) {
      request.header("Content-Type", type);
    }
    authorization.ifPresent(value -> request.header("Authorization", value));
    return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private static JsonNode json(String path, HttpResponse<byte[]> answer) throws IOException {
    if (answer.statusCode() / 100 == 2) {
      return Json.read(answer.body(), JsonNode.class);
    }
    String said = new String(answer.body(), StandardCharsets.UTF_8);
    throw new IOException(
        Text.format(
            "it answered %s with status %d: %s",
            StringUtils.substringBefore(path, "?"),
            answer.statusCode(),
            StringUtils.abbreviate(
                Secrets.redact(StringUtils.normalizeSpace(said)), LONGEST_ANSWER_SHOWN)));
  }

  private static String text(JsonNode node, String pointer) throws IOException {
    String text = node.at(pointer).asText();
    if (text.isEmpty()) {
      throw new IOException(
          "its answer has no " + pointer + ": it is no tracking server of MLflow");
    }
    return text;
  }
}

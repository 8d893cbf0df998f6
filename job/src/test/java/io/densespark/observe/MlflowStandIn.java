package io.densespark.observe;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.mlflow.api.proto.Service;
import org.mlflow_project.google.protobuf.InvalidProtocolBufferException;
import org.mlflow_project.google.protobuf.Message;
import org.mlflow_project.google.protobuf.MessageOrBuilder;
import org.mlflow_project.google.protobuf.util.JsonFormat;

/**
 * What a tracking server of MLflow does with a run, on a port of this machine. It reads requests as
 * the messages of MLflow's own definition, and refuses what the server's validation.py refuses.
 */
public final class MlflowStandIn implements AutoCloseable {

  private static final String API = "/api/2.0/mlflow/";
  private static final String FILES = "/api/2.0/mlflow-artifacts/artifacts/";
  private static final Pattern KEY = Pattern.compile("[/\\w.\\- ]{1,250}");
  private static final Pattern FILTER = Pattern.compile("tags\\.`([^`]+)` = '([^']+)'");

  /** A request that is refused. */
  private static final class Refused extends RuntimeException {
    final int status;

    Refused(int status, String code, String message) {
      super("{\"error_code\": \"" + code + "\", \"message\": \"" + message + "\"}");
      this.status = status;
    }
  }

  /** Methods and paths of all requests, in their order. */
  public final List<String> requests = new CopyOnWriteArrayList<>();

  public final List<String> authorizations = new CopyOnWriteArrayList<>();
  public final Map<String, byte[]> files = new LinkedHashMap<>();
  private final Map<String, String> experiments = new LinkedHashMap<>();
  private final Map<String, Service.Run.Builder> runs = new LinkedHashMap<>();
  private final HttpServer server;

  public MlflowStandIn() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.start();
  }

  public String url() {
    return "http://localhost:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  /** The runs of an experiment. */
  public synchronized List<Service.Run> runs(String experiment) {
    return runs.values().stream()
        .map(Service.Run.Builder::build)
        .filter(run -> run.getInfo().getExperimentId().equals(experiments.get(experiment)))
        .toList();
  }

  private synchronized void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    requests.add(exchange.getRequestMethod() + " " + path);
    authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
    byte[] body = exchange.getRequestBody().readAllBytes();
    int status = 200;
    byte[] answer;
    try {
      String type = exchange.getRequestHeaders().getFirst("Content-Type");
      require(
          !exchange.getRequestMethod().equals("POST") || "application/json".equals(type),
          "Content-Type " + type);
      answer = answer(exchange, path, body).getBytes(StandardCharsets.UTF_8);
    } catch (Refused e) {
      status = e.status;
      answer = e.getMessage().getBytes(StandardCharsets.UTF_8);
    }
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }

  private String answer(HttpExchange exchange, String path, byte[] body) {
    if (path.startsWith(FILES)) {
      require(exchange.getRequestMethod().equals("PUT"), "method");
      files.put(path.substring(FILES.length()), body);
      return "{}";
    }
    String json = new String(body, StandardCharsets.UTF_8);
    switch (exchange.getRequestMethod() + " " + path) {
      case "GET " + API + "experiments/get-by-name":
        String name =
            URLDecoder.decode(
                exchange.getRequestURI().getRawQuery().replaceFirst("^experiment_name=", ""),
                StandardCharsets.UTF_8);
        if (!experiments.containsKey(name)) {
          throw new Refused(404, "RESOURCE_DOES_NOT_EXIST", "Could not find experiment");
        }
        return text(
            Service.GetExperimentByName.Response.newBuilder()
                .setExperiment(
                    Service.Experiment.newBuilder().setExperimentId(experiments.get(name))));
      case "POST " + API + "experiments/create":
        Service.CreateExperiment experiment =
            read(json, Service.CreateExperiment.newBuilder()).build();
        require(!experiments.containsKey(experiment.getName()), "RESOURCE_ALREADY_EXISTS");
        experiments.put(experiment.getName(), String.valueOf(experiments.size() + 1));
        return text(
            Service.CreateExperiment.Response.newBuilder()
                .setExperimentId(experiments.get(experiment.getName())));
      case "POST " + API + "runs/create":
        return text(
            Service.CreateRun.Response.newBuilder()
                .setRun(create(read(json, Service.CreateRun.newBuilder()).build())));
      case "POST " + API + "runs/search":
        return text(search(read(json, Service.SearchRuns.newBuilder()).build()));
      case "POST " + API + "runs/log-batch":
        require(body.length <= 1_000_000, "size of the request");
        log(read(json, Service.LogBatch.newBuilder()).build());
        return "{}";
      case "POST " + API + "runs/update":
        Service.UpdateRun update = read(json, Service.UpdateRun.newBuilder()).build();
        Service.RunInfo.Builder info = run(update.getRunId()).getInfoBuilder();
        info.setStatus(update.getStatus());
        if (update.hasEndTime()) {
          info.setEndTime(update.getEndTime());
        }
        return text(Service.UpdateRun.Response.newBuilder().setRunInfo(info));
      default:
        throw new Refused(404, "ENDPOINT_NOT_FOUND", path);
    }
  }

  private Service.Run.Builder create(Service.CreateRun request) {
    require(experiments.containsValue(request.getExperimentId()), "no such experiment");
    request.getTagsList().forEach(tag -> requireEntry(tag.getKey(), tag.getValue(), 5000));
    String id = "run" + (runs.size() + 1);
    Service.Run.Builder run = Service.Run.newBuilder();
    run.getInfoBuilder()
        .setRunId(id)
        .setRunName(request.getRunName())
        .setExperimentId(request.getExperimentId())
        .setStatus(Service.RunStatus.RUNNING)
        .setStartTime(request.getStartTime())
        .setArtifactUri("mlflow-artifacts:/" + request.getExperimentId() + "/" + id + "/artifacts");
    run.getDataBuilder().addAllTags(request.getTagsList());
    runs.put(id, run);
    return run;
  }

  private Service.SearchRuns.Response.Builder search(Service.SearchRuns request) {
    Matcher filter = FILTER.matcher(request.getFilter());
    require(filter.matches(), "filter " + request.getFilter());
    Service.SearchRuns.Response.Builder found = Service.SearchRuns.Response.newBuilder();
    runs.values().stream()
        .filter(run -> request.getExperimentIdsList().contains(run.getInfo().getExperimentId()))
        .filter(
            run ->
                run.getData().getTagsList().stream()
                    .anyMatch(
                        tag ->
                            tag.getKey().equals(filter.group(1))
                                && tag.getValue().equals(filter.group(2))))
        .limit(request.getMaxResults())
        .forEach(run -> found.addRuns(withLastMetrics(run)));
    return found;
  }

  /** A server tells the last value of each metric alone. */
  private static Service.Run withLastMetrics(Service.Run.Builder run) {
    Map<String, Service.Metric> last = new LinkedHashMap<>();
    run.getData().getMetricsList().forEach(metric -> last.put(metric.getKey(), metric));
    Service.Run.Builder seen = run.build().toBuilder();
    seen.getDataBuilder().clearMetrics().addAllMetrics(last.values());
    return seen.build();
  }

  private void log(Service.LogBatch batch) {
    require(batch.getMetricsCount() <= 1000, "number of metrics");
    require(batch.getParamsCount() <= 100, "number of params");
    require(batch.getTagsCount() <= 100, "number of tags");
    require(
        batch.getMetricsCount() + batch.getParamsCount() + batch.getTagsCount() <= 1000, "items");
    Service.RunData.Builder data = run(batch.getRunId()).getDataBuilder();
    for (Service.Metric metric : batch.getMetricsList()) {
      requireEntry(metric.getKey(), "", 0);
      require(metric.hasValue() && metric.hasStep() && metric.getTimestamp() > 0, "metric");
    }
    Map<String, String> params = new HashMap<>();
    data.getParamsList().forEach(param -> params.put(param.getKey(), param.getValue()));
    Set<String> keys = new HashSet<>();
    for (Service.Param param : batch.getParamsList()) {
      requireEntry(param.getKey(), param.getValue(), 6000);
      require(keys.add(param.getKey()), "param twice: " + param.getKey());
      String before = params.get(param.getKey());
      require(before == null || before.equals(param.getValue()), "changed: " + param.getKey());
      if (before == null) {
        data.addParams(param);
      }
    }
    batch.getTagsList().forEach(tag -> requireEntry(tag.getKey(), tag.getValue(), 5000));
    List<Service.RunTag> kept =
        Stream.concat(
                data.getTagsList().stream()
                    .filter(
                        tag ->
                            batch.getTagsList().stream()
                                .noneMatch(now -> now.getKey().equals(tag.getKey()))),
                batch.getTagsList().stream())
            .toList();
    data.clearTags().addAllTags(kept).addAllMetrics(batch.getMetricsList());
  }

  private Service.Run.Builder run(String id) {
    require(runs.containsKey(id), "no such run");
    return runs.get(id);
  }

  private static void requireEntry(String key, String value, int longest) {
    require(KEY.matcher(key).matches(), "key " + key);
    require(value.length() <= longest, "length of the value of " + key);
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new Refused(400, "INVALID_PARAMETER_VALUE", what);
    }
  }

  private static <B extends Message.Builder> B read(String json, B message) {
    try {
      JsonFormat.parser().merge(json, message);
    } catch (InvalidProtocolBufferException e) {
      throw new Refused(400, "BAD_REQUEST", String.valueOf(e.getMessage()));
    }
    return message;
  }

  private static String text(MessageOrBuilder message) {
    try {
      return JsonFormat.printer().preservingProtoFieldNames().print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Entries by key. */
  public static Map<String, String> tags(Service.Run run) {
    Map<String, String> tags = new HashMap<>();
    run.getData().getTagsList().forEach(tag -> tags.put(tag.getKey(), tag.getValue()));
    return tags;
  }

  /** Entries by key. */
  public static Map<String, String> params(Service.Run run) {
    Map<String, String> params = new HashMap<>();
    run.getData().getParamsList().forEach(param -> params.put(param.getKey(), param.getValue()));
    return params;
  }
}

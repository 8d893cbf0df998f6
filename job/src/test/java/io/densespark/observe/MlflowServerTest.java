package io.densespark.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mlflow.api.proto.Service;

/** MLflow's REST API as a client keeps it. */
class MlflowServerTest {

  private static final Instant TIME = Instant.parse("2026-11-30T12:00:00Z");

  @Test
  void aRunIsMadeFilledAndFoundAgain() throws Exception {
    try (MlflowStandIn there = new MlflowStandIn()) {
      MlflowServer server = new MlflowServer(there.url() + "/", name -> null);
      String experiment = server.experiment("night & day");
      assertThat(server.experiment("night & day")).isEqualTo(experiment);
      assertThat(server.find(experiment, "a.b", "c")).isEmpty();

      MlflowServer.Run made = server.create(experiment, "monday", TIME, Map.of("a.b", "c"));
      server.log(
          made.id(),
          List.of(
              new MlflowServer.Metric("loss", Double.NaN, TIME, 1),
              new MlflowServer.Metric("loss", 0.25, TIME, 2)),
          Map.of("train.seed", "42"),
          Map.of("a.b", "d"));
      server.update(made.id(), MlflowServer.State.KILLED, Optional.of(TIME.plusSeconds(1)));

      MlflowServer.Run found = server.find(experiment, "a.b", "d").orElseThrow();
      assertThat(found.id()).isEqualTo(made.id());
      assertThat(found.steps()).isEqualTo(Map.of("loss", 2L));
      assertThat(found.params()).containsExactly("train.seed");
      Service.Run stored = there.runs("night & day").get(0);
      assertThat(stored.getInfo().getRunName()).isEqualTo("monday");
      assertThat(stored.getInfo().getStatus()).isEqualTo(Service.RunStatus.KILLED);
      assertThat(stored.getInfo().getEndTime() - stored.getInfo().getStartTime()).isEqualTo(1000);
      assertThat(stored.getData().getMetricsList())
          .extracting(Service.Metric::getValue)
          .containsExactly(Double.NaN, 0.25);
    }
  }

  @Test
  void whatIsTooMuchForARequestGoesInSeveral() throws Exception {
    Map<String, String> entries = new LinkedHashMap<>();
    IntStream.range(0, 250).forEach(i -> entries.put("entry " + i, "v" + i));
    entries.put("spark.conf.\"a:b\"", "x".repeat(7000));
    entries.put("k".repeat(300), "long");
    List<MlflowServer.Metric> metrics =
        IntStream.range(0, 2500)
            .mapToObj(step -> new MlflowServer.Metric("loss", step, TIME, step))
            .toList();
    try (MlflowStandIn there = new MlflowStandIn()) {
      MlflowServer server = new MlflowServer(there.url(), name -> null);
      MlflowServer.Run run = server.create(server.experiment("e"), "r", TIME, Map.of());
      server.log(run.id(), metrics, entries, entries);

      Service.Run stored = there.runs("e").get(0);
      assertThat(stored.getData().getMetricsList())
          .extracting(Service.Metric::getStep)
          .containsExactlyElementsOf(IntStream.range(0, 2500).mapToObj(Long::valueOf).toList());
      assertThat(MlflowStandIn.params(stored))
          .hasSize(252)
          .containsEntry("entry 249", "v249")
          .containsEntry("spark.conf._a_b_", "x".repeat(5997) + "...")
          .containsEntry("k".repeat(250), "long");
      assertThat(MlflowStandIn.tags(stored)).hasSize(252);
    }
  }

  @Test
  void filesGoToTheServerThatTakesThem() throws Exception {
    try (MlflowStandIn there = new MlflowStandIn()) {
      MlflowServer server = new MlflowServer(there.url(), name -> null);
      MlflowServer.Run run = server.create(server.experiment("e"), "r", TIME, Map.of());
      assertThat(MlflowServer.takesFilesOf(run)).isTrue();
      server.upload(run, "report.html", new byte[] {1, 2, 3});
      assertThat(there.files.get("1/" + run.id() + "/artifacts/report.html"))
          .containsExactly(1, 2, 3);
      assertThat(
              MlflowServer.takesFilesOf(
                  new MlflowServer.Run("r", "s3://bucket/1/r/artifacts", Map.of(), null)))
          .isFalse();
    }
  }

  @Test
  void credentialsAreThoseOfTheEnvironment() throws Exception {
    try (MlflowStandIn there = new MlflowStandIn()) {
      Map<String, String> token = Map.of("MLFLOW_TRACKING_TOKEN", "t0ken");
      Map<String, String> user =
          Map.of(
              "MLFLOW_TRACKING_TOKEN",
              "t0ken",
              "MLFLOW_TRACKING_USERNAME",
              "jo",
              "MLFLOW_TRACKING_PASSWORD",
              "pass:word");
      new MlflowServer(there.url(), name -> null).experiment("e");
      new MlflowServer(there.url(), token::get).experiment("e");
      new MlflowServer(there.url(), user::get).experiment("e");
      // The first has made the experiment as well.
      assertThat(there.authorizations)
          .containsExactly("null", "null", "Bearer t0ken", "Basic am86cGFzczp3b3Jk");
    }
  }

  @Test
  void whatTheServerRefusesIsSaidWithoutSecrets() throws Exception {
    try (MlflowStandIn there = new MlflowStandIn()) {
      MlflowServer server = new MlflowServer(there.url(), name -> null);
      assertThatThrownBy(() -> server.update("none", MlflowServer.State.FAILED, Optional.empty()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("mlflow/runs/update with status 400")
          .hasMessageContaining("no such run");
    }
    HttpServer other =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    other.createContext(
        "/",
        exchange -> {
          byte[] answer = "not for Bearer abcdefgh12345678".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(403, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    other.start();
    try {
      MlflowServer server =
          new MlflowServer("http://localhost:" + other.getAddress().getPort(), name -> null);
      assertThatThrownBy(() -> server.experiment("e"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("status 403: not for (hidden)");
    } finally {
      other.stop(0);
    }
  }
}

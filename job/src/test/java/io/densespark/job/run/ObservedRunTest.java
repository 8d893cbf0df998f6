package io.densespark.job.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.sun.net.httpserver.HttpServer;
import io.densespark.job.ExitCode;
import io.densespark.job.SmallJobs;
import io.densespark.observe.TrainingMetric;
import io.openlineage.client.OpenLineage;
import io.openlineage.client.OpenLineageClientUtils;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What other systems see of a run. */
class ObservedRunTest {

  @TempDir Path workspace;

  @Test
  void aRunIsSeenBySparkTensorBoardAndOpenLineage() throws Exception {
    List<String> posted = new CopyOnWriteArrayList<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/api/v1/lineage",
        exchange -> {
          posted.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(201, -1);
          exchange.close();
        });
    server.start();
    SmallJobs runs = new SmallJobs(workspace);
    Path csv = Files.createDirectory(workspace.resolve("csv"));
    try {
      assertThat(
              runs.train(
                  "seen",
                  "metrics.tensorboard=true",
                  "metrics.openlineage-url=http://localhost:"
                      + server.getAddress().getPort()
                      + "/api/v1/lineage",
                  "spark.conf.\"spark.metrics.namespace\"=densespark",
                  "spark.conf.\"spark.metrics.conf.driver.sink.csv.class\"=org.apache.spark.metrics.sink.CsvSink",
                  "spark.conf.\"spark.metrics.conf.driver.sink.csv.directory\"=" + csv))
          .isEqualTo(ExitCode.SUCCESS);
    } finally {
      server.stop(0);
    }

    // Spark writes its sinks once more when it stops; what it then says is of the last step.
    String prefix = "densespark.driver.plugin.io.densespark.observe.TrainingMetricsPlugin.";
    assertThat(csv.toFile().list())
        .contains(
            Arrays.stream(TrainingMetric.values())
                .map(metric -> prefix + metric.key() + ".csv")
                .toArray(String[]::new));
    assertThat(Files.readAllLines(csv.resolve(prefix + "step.csv")))
        .last()
        .asString()
        .endsWith(",8.0");
    try (Stream<Path> events = Files.list(runs.file("seen", "tensorboard"))) {
      assertThat(events).anyMatch(file -> file.toString().contains("events.out.tfevents."));
    }
    OpenLineage.RunEvent event =
        OpenLineageClientUtils.fromJson(
            Files.readString(runs.file("seen", "lineage.json")), new TypeReference<>() {});
    assertThat(event.getEventType()).isEqualTo(OpenLineage.RunEvent.EventType.COMPLETE);
    assertThat(event.getInputs()).hasSize(4);
    assertThat(event.getOutputs().get(0).getName()).endsWith("/runs/seen/model.zip");
    assertThat(event.getOutputs().get(0).getFacets().getVersion().getDatasetVersion())
        .isEqualTo(runs.sha("seen"));
    assertThat(posted).containsExactly(Files.readString(runs.file("seen", "lineage.json")));
  }
}

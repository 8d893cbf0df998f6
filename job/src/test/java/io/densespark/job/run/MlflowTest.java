package io.densespark.job.run;

import static java.time.temporal.ChronoUnit.MILLIS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.job.ExitCode;
import io.densespark.job.SmallJobs;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.observe.MlflowServer;
import io.densespark.observe.MlflowStandIn;
import io.densespark.storage.Store;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlflow.api.proto.Service;

/** The record of a run at MLflow. */
class MlflowTest {

  @TempDir Path workspace;

  @Test
  void aResumedRunGoesOnInTheSameRecord() throws Exception {
    SmallJobs runs = new SmallJobs(workspace);
    try (MlflowStandIn server = new MlflowStandIn()) {
      String[] settings = {
        "metrics.mlflow-url=" + server.url(), "metrics.mlflow-experiment=nights"
      };
      catchThrowable(
          () ->
              new TrainJob(runs.config("r", settings), SmallJobs.displayThatFailsAfterEpoch(1))
                  .run());
      Service.Run failed = server.runs("nights").get(0);
      assertThat(failed.getInfo().getStatus()).isEqualTo(Service.RunStatus.FAILED);
      assertThat(MlflowStandIn.tags(failed).get("densespark.error")).contains("plug was pulled");

      assertThat(runs.train("r", settings)).isEqualTo(ExitCode.SUCCESS);

      assertThat(server.runs("nights")).hasSize(1);
      Service.Run run = server.runs("nights").get(0);
      JsonNode status = runs.status("r");
      assertThat(run.getInfo().getStatus()).isEqualTo(Service.RunStatus.FINISHED);
      assertThat(run.getInfo().getRunName()).isEqualTo("r");
      assertThat(Instant.ofEpochMilli(run.getInfo().getStartTime()))
          .isEqualTo(Instant.parse(status.get("startedAt").asText()).truncatedTo(MILLIS));
      try (Store store = Store.open(workspace.toString(), new Configuration())) {
        RunDirectory directory = new RunDirectory(store, "r");
        assertThat(MlflowStandIn.params(run)).isEqualTo(RunEnding.settings(directory));
        assertThat(losses(run))
            .containsExactlyElementsOf(
                MetricsLog.read(store, directory.epochs(), EpochRecord.class).stream()
                    .map(epoch -> Map.entry((long) epoch.epoch(), epoch.trainLoss()))
                    .toList());
      }
      assertThat(MlflowStandIn.tags(run))
          .containsEntry("densespark.run.id", "r")
          .containsEntry("densespark.model.parametersSha256", runs.sha("r"))
          .containsEntry(
              "densespark.data.fingerprint",
              SmallJobs.JSON
                  .readTree(runs.file("r", "provenance.json").toFile())
                  .at("/images/fingerprint")
                  .asText());
      String files = "1/" + run.getInfo().getRunId() + "/artifacts/";
      assertThat(server.files.get(files + "model.zip"))
          .isEqualTo(Files.readAllBytes(runs.file("r", "model.zip")));
      assertThat(server.files.get(files + "report.html"))
          .isEqualTo(Files.readAllBytes(runs.file("r", "report.html")));
    }
  }

  private static List<Map.Entry<Long, Double>> losses(Service.Run run) {
    return run.getData().getMetricsList().stream()
        .filter(metric -> metric.getKey().equals("train_loss"))
        .map(metric -> Map.entry(metric.getStep(), metric.getValue()))
        .toList();
  }

  @Test
  void aServerThatIsDownCostsWarningsAlone() throws Exception {
    SmallJobs runs = new SmallJobs(workspace);
    int closed;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = socket.getLocalPort();
    }
    assertThat(runs.train("r", "metrics.mlflow-url=http://localhost:" + closed))
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(runs.shown())
        .filteredOn(line -> line.contains("metrics.mlflow-url"))
        .hasSize(2)
        .anyMatch(line -> line.contains("tried again after every epoch"))
        .anyMatch(line -> line.startsWith("the record at MLflow of the run could not be written"));
  }

  @Test
  void aServerThatDoesNotAnswerIsNotWaitedForLong() throws Exception {
    List<String> warned = new ArrayList<>();
    // Connections are taken by the system, and nobody reads from them.
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Store store = Store.open(workspace.toString(), new Configuration())) {
      Mlflow record =
          new Mlflow(
              new RunDirectory(store, "r"),
              new MlflowServer("http://localhost:" + silent.getLocalPort(), name -> null),
              "e",
              warned::add,
              Duration.ofMillis(100));
      RunStatus status = RunStatus.started("r", Instant.EPOCH);
      record.update(status);
      assertThatThrownBy(() -> record.end(status.failed(20, "x", 1, Instant.EPOCH)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("no answer in time");
    }
    assertThat(warned).isEmpty();
  }
}

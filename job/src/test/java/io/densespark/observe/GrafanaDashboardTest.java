package io.densespark.observe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The dashboard asks Prometheus for the gauges that there are, and shows all of them. */
class GrafanaDashboardTest {

  private static final Pattern GAUGE =
      Pattern.compile(
          "metrics_densespark_driver_plugin_io_densespark_observe_TrainingMetricsPlugin_(\\w+)_Value\\b.*");

  private JsonNode dashboard;

  @BeforeEach
  void read() throws IOException {
    dashboard = new ObjectMapper().readTree(Path.of("../conf/grafana-dashboard.json").toFile());
  }

  @Test
  void showsEveryGaugeByTheNameThatPrometheusHas() {
    List<String> shown = new ArrayList<>();
    for (JsonNode target : dashboard.findValues("targets")) {
      for (JsonNode query : target) {
        Matcher gauge = GAUGE.matcher(query.get("expr").asText());
        assertThat(gauge.matches()).as(query.toString()).isTrue();
        shown.add(gauge.group(1));
      }
    }

    assertThat(shown)
        .containsExactlyInAnyOrder(
            Arrays.stream(TrainingMetric.values()).map(TrainingMetric::key).toArray(String[]::new));
  }

  /** Grafana's grid is 24 wide. */
  @Test
  void panelsHaveIdsOfTheirOwnAndLieBesideEachOther() {
    HashSet<Integer> ids = new HashSet<>();
    HashSet<List<Integer>> taken = new HashSet<>();
    for (JsonNode panel : dashboard.get("panels")) {
      assertThat(ids.add(panel.get("id").asInt())).isTrue();
      JsonNode place = panel.get("gridPos");
      for (int x = 0; x < place.get("w").asInt(); x++) {
        for (int y = 0; y < place.get("h").asInt(); y++) {
          int column = place.get("x").asInt() + x;
          assertThat(column).isLessThan(24);
          assertThat(taken.add(List.of(column, place.get("y").asInt() + y))).isTrue();
        }
      }
    }
  }
}

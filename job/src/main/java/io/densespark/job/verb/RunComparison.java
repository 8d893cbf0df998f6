package io.densespark.job.verb;

import io.densespark.job.run.RunEnding;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.text.Figures;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Runs beside each other.
 *
 * @param runs the runs, in the order asked for
 * @param settings those that differ, by name; values in the order of the runs, null: not there
 * @param circumstances what differs of data, versions and machine, likewise
 * @param epoch of the best accuracy of each run; null: none was evaluated
 * @param testAccuracy of every epoch that some run has, by epoch; values in the order of the runs
 */
record RunComparison(
    List<RunSummary> runs,
    Map<String, List<String>> settings,
    Map<String, List<String>> circumstances,
    List<Best> best,
    Map<Integer, List<Double>> accuracy) {

  /** The best epoch of a run. */
  record Best(int epoch, double accuracy) {}

  static RunComparison of(List<RunDirectory> directories) {
    List<List<EpochRecord>> epochs =
        directories.stream()
            .map(run -> MetricsLog.read(run.store(), run.epochs(), EpochRecord.class))
            .toList();
    return new RunComparison(
        directories.stream().map(RunSummary::of).toList(),
        differences(directories.stream().map(RunComparison::settings).toList()),
        differences(directories.stream().map(RunComparison::circumstances).toList()),
        new ArrayList<>(epochs.stream().map(RunComparison::best).toList()),
        accuracies(epochs));
  }

  /** Where and under which name a run stands tells nothing about it. */
  private static Map<String, String> settings(RunDirectory run) {
    Map<String, String> settings = new LinkedHashMap<>(RunEnding.settings(run));
    settings.keySet().removeIf(key -> key.startsWith("run."));
    return settings;
  }

  private static Map<String, String> circumstances(RunDirectory run) {
    Map<String, String> facts = new LinkedHashMap<>();
    Optional<Provenance> known = run.readProvenance();
    known.ifPresent(
        provenance -> {
          facts.put("replicas", Figures.text(provenance.replicas()));
          facts.put("processor", provenance.machine().cpu());
          facts.put("cores", Integer.toString(provenance.machine().cores()));
          provenance.versions().forEach((name, version) -> facts.put(name, version));
          provenance
              .data()
              .forEach((uri, sum) -> facts.put(uri.substring(uri.lastIndexOf('/') + 1), sum));
          if (provenance.warmStart() != null) {
            facts.put("warm start", provenance.warmStart().sha256());
          }
        });
    return facts;
  }

  private static Map<String, List<String>> differences(List<Map<String, String>> runs) {
    Set<String> keys = new LinkedHashSet<>();
    runs.forEach(run -> keys.addAll(run.keySet()));
    Map<String, List<String>> differences = new LinkedHashMap<>();
    for (String key : keys) {
      List<String> values = new ArrayList<>();
      runs.forEach(run -> values.add(run.get(key)));
      if (values.stream().anyMatch(value -> !Objects.equals(value, values.get(0)))) {
        differences.put(key, values);
      }
    }
    return differences;
  }

  private static Best best(List<EpochRecord> epochs) {
    return epochs.stream()
        .filter(epoch -> epoch.selectionAccuracy() != null)
        .max(
            Comparator.comparingDouble(EpochRecord::selectionAccuracy)
                .thenComparing(EpochRecord::epoch, Comparator.reverseOrder()))
        .map(epoch -> new Best(epoch.epoch(), epoch.selectionAccuracy()))
        .orElse(null);
  }

  private static Map<Integer, List<Double>> accuracies(List<List<EpochRecord>> runs) {
    int last = runs.stream().flatMap(List::stream).mapToInt(EpochRecord::epoch).max().orElse(0);
    Map<Integer, List<Double>> byEpoch = new LinkedHashMap<>();
    for (int number = 1; number <= last; number++) {
      List<Double> row = new ArrayList<>();
      for (List<EpochRecord> epochs : runs) {
        int wanted = number;
        row.add(
            epochs.stream()
                .filter(epoch -> epoch.epoch() == wanted)
                .findFirst()
                .map(EpochRecord::selectionAccuracy)
                .orElse(null));
      }
      byEpoch.put(number, row);
    }
    return byEpoch;
  }
}

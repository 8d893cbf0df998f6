package io.densespark.job;

import io.densespark.config.ResolvedSettings;
import io.densespark.metrics.EpochRecord;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a verb shows people what it does. Calls come in any number and from any thread; none of
 * them fails or waits.
 */
public interface RunDisplay {

  /**
   * What a run is, before its first step.
   *
   * @param runId name of the run
   * @param settings every effective setting
   * @param facts what was found out beyond the settings, by name: replicas, engine, parameters
   * @param totalSteps steps of the whole run
   * @param stepsPerEpoch steps of one epoch
   * @param firstStep steps done before, by the run that this one resumes; 0: none
   */
  record Header(
      String runId,
      ResolvedSettings settings,
      Map<String, String> facts,
      long totalSteps,
      long stepsPerEpoch,
      long firstStep) {

    public Header {
      // A copy that keeps the order in which the facts are to be read.
      facts = new LinkedHashMap<>(facts);
    }
  }

  /**
   * A run at its end.
   *
   * @param epochs every epoch, those before a resume included
   * @param imagesPerSecond training images by second over the run
   * @param seconds wall time of the whole run
   * @param written what was written, each a path or URI by its name: model, metrics, report
   */
  record Summary(
      List<EpochRecord> epochs,
      double imagesPerSecond,
      double seconds,
      Map<String, String> written) {

    public Summary {
      epochs = List.copyOf(epochs);
      written = new LinkedHashMap<>(written);
    }
  }

  /** Outcome of a check. */
  enum CheckState {
    PASSED,
    WARNED,
    FAILED
  }

  /** The run begins. */
  void started(Header header);

  /** What goes on between steps, such as "loading data" or "evaluating". */
  void phase(String what);

  /**
   * A step is done.
   *
   * @param epoch the epoch that it belongs to, from 1
   * @param step steps done so far in the whole run, this one included
   * @param loss mean loss of its examples
   * @param imagesPerSecond recent speed of training
   */
  void step(int epoch, long step, double loss, double imagesPerSecond);

  /** A line that stays. */
  void message(String line);

  /** A line that stays and stands out. */
  void warning(String line);

  /** An epoch is done. */
  void epoch(EpochRecord record);

  /** One thing looked at, with what to do about it where it did not pass. */
  void check(CheckState state, String name, String detail, Optional<String> advice);

  /** A table; cells that are numbers stand to the right. */
  void table(String title, List<String> columns, List<List<String>> rows);

  /** The run is over and went well. */
  void finished(Summary summary);
}

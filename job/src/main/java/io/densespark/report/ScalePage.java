package io.densespark.report;

import java.util.List;

/**
 * All that the template of a grid's page shows. Null and empty lists: the part is left out.
 *
 * @param state complete or partial
 * @param summary the grid in a line
 * @param leftOut what was not run
 * @param arms what was found, an arm a sentence
 * @param charts curves over the global batch
 * @param rows an arm at a batch each
 * @param endings runs that did not train to their end
 */
record ScalePage(
    String grid,
    String state,
    String summary,
    String leftOut,
    List<Arm> arms,
    List<LineChart> charts,
    String target,
    List<Row> rows,
    List<Ending> endings,
    List<Page.Section> settings,
    List<Page.Section> provenance,
    String writtenAt) {

  boolean hasEndings() {
    return !endings.isEmpty();
  }

  /**
   * An arm.
   *
   * @param style class of its colour
   * @param fit the epochs to the target, in words
   */
  record Arm(String name, String style, String text, String trials, String fit) {}

  /** An arm at a batch, its figures as text. */
  record Row(
      String arm,
      String batch,
      String replicas,
      String rate,
      String trials,
      String runs,
      String accuracy,
      String epochs,
      String steps,
      String speed,
      String share,
      String forecast,
      String noise) {}

  /** A run that did not train to its end. */
  record Ending(String runId, String state, String exitCode, String error) {}
}

package io.densespark.report;

import java.util.List;

/**
 * All that the template shows. Null and empty lists: the part is left out.
 *
 * @param state running, succeeded or failed
 * @param summary the run in a line
 * @param failure why it failed
 * @param tiles the figures that matter most
 * @param charts curves
 * @param time what the steps' time went into
 * @param classes quality by class
 * @param mistakes pictures of the surest mistakes
 * @param events what happened, in order
 * @param settings by section
 * @param provenance by section
 * @param writtenAt when the page was made
 */
record Page(
    String runId,
    String state,
    String summary,
    String failure,
    List<Tile> tiles,
    List<LineChart> charts,
    TimeShares time,
    ClassTables classes,
    MistakeStrip mistakes,
    List<Event> events,
    List<Section> settings,
    List<Section> provenance,
    String writtenAt) {

  boolean hasEvents() {
    return !events.isEmpty();
  }

  /** A figure with its name and a remark. */
  record Tile(String name, String value, String remark) {}

  /** Something that happened. */
  record Event(String at, String kind, String detail) {}

  /** Named values under a heading. */
  record Section(String name, List<Pair> pairs) {}

  /** A name and its value. */
  record Pair(String name, String value) {}
}

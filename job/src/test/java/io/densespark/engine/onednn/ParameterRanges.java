package io.densespark.engine.onednn;

import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;

/** Where DL4J keeps each named parameter in its flat vector. */
final class ParameterRanges {
  private ParameterRanges() {}

  static Map<String, long[]> of(ComputationGraph graph) {
    Map<String, long[]> ranges = new LinkedHashMap<>();
    graph
        .paramTable()
        .forEach(
            (name, array) -> {
              long start = array.offset() - graph.params().offset();
              ranges.put(name, new long[] {start, start + array.length()});
            });
    return ranges;
  }
}

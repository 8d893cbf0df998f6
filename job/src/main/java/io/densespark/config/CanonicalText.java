package io.densespark.config;

import com.typesafe.config.ConfigUtil;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** One text for each value, whatever way it was written: {@code 1e-4} is {@code 0.0001}. */
final class CanonicalText {

  private static final int LONG_DIGITS = 19;

  private CanonicalText() {}

  /** A value as JSON; lengths of time become texts in their largest whole unit. */
  static String json(Object value) {
    if (value instanceof List<?> list) {
      return list.stream().map(CanonicalText::json).collect(Collectors.joining(", ", "[", "]"));
    }
    if (value instanceof Number || value instanceof Boolean) {
      return of(value);
    }
    return ConfigUtil.quoteString(of(value));
  }

  /** A value as people read it, without quotation marks. */
  static String of(Object value) {
    if (value instanceof Number number) {
      BigDecimal decimal = new BigDecimal(number.toString());
      // Zero keeps its scale when stripped of zeros: 0.0 must still be 0.
      if (decimal.signum() == 0) {
        return "0";
      }
      BigDecimal stripped = decimal.stripTrailingZeros();
      // A settings file takes digits alone for a whole number of 64 bits.
      boolean wide = stripped.precision() - stripped.scale() > LONG_DIGITS;
      return wide ? stripped.toString() : stripped.toPlainString();
    }
    if (value instanceof Duration duration) {
      return span(duration);
    }
    if (value instanceof List<?> list) {
      return list.stream().map(CanonicalText::of).collect(Collectors.joining(", ", "[", "]"));
    }
    return value.toString();
  }

  /** A JSON object of dotted keys, nested and sorted. */
  static String document(Map<List<String>, Object> values) {
    TreeMap<String, Object> root = new TreeMap<>();
    values.forEach((path, value) -> put(root, path, value));
    StringBuilder out = new StringBuilder();
    write(root, "", out);
    return out.append('\n').toString();
  }

  @SuppressWarnings("unchecked")
  private static void put(TreeMap<String, Object> node, List<String> path, Object value) {
    if (path.size() == 1) {
      node.put(path.get(0), value);
      return;
    }
    Object child = node.computeIfAbsent(path.get(0), key -> new TreeMap<String, Object>());
    put((TreeMap<String, Object>) child, path.subList(1, path.size()), value);
  }

  private static void write(Object node, String indent, StringBuilder out) {
    if (!(node instanceof TreeMap<?, ?> object)) {
      out.append(json(node));
      return;
    }
    out.append('{');
    String separator = "\n";
    for (Map.Entry<?, ?> entry : object.entrySet()) {
      out.append(separator).append(indent).append("  ").append(json(entry.getKey())).append(": ");
      write(entry.getValue(), indent + "  ", out);
      separator = ",\n";
    }
    out.append(object.isEmpty() ? "}" : "\n" + indent + "}");
  }

  private static String span(Duration duration) {
    long nanos = duration.toNanos();
    String[] units = {"d", "h", "m", "s", "ms", "us"};
    long[] unitNanos = {
      86_400_000_000_000L, 3_600_000_000_000L, 60_000_000_000L, 1_000_000_000L, 1_000_000L, 1_000L
    };
    for (int i = 0; i < units.length; i++) {
      if (nanos % unitNanos[i] == 0) {
        return nanos / unitNanos[i] + units[i];
      }
    }
    return nanos + "ns";
  }
}

package io.densespark.config;

import com.typesafe.config.ConfigUtil;
import io.densespark.settings.CanonicalText;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Settings as one JSON text, whatever way they were written. */
final class SettingsJson {

  private SettingsJson() {}

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

  /** A value as JSON; lengths of time become texts in their largest whole unit. */
  static String json(Object value) {
    if (value instanceof List<?> list) {
      return list.stream().map(SettingsJson::json).collect(Collectors.joining(", ", "[", "]"));
    }
    if (value instanceof Number || value instanceof Boolean) {
      return CanonicalText.of(value);
    }
    return ConfigUtil.quoteString(CanonicalText.of(value));
  }
}

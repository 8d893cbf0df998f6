package io.densespark.observe;

import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunStatus;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.lang3.StringUtils;

/**
 * What a run read and what it wrote, as a run event of OpenLineage
 * (https://openlineage.io/spec/2-0-2/OpenLineage.json): its components are the fields of the
 * format. Data sets are named as OpenLineage's naming rules say: by the file system and the path.
 *
 * @param eventTime when the run ended
 * @param eventType COMPLETE or FAIL
 * @param producer the program
 * @param schemaURL of this format
 * @param run the run, by a UUID that follows from where it stands
 * @param job what is run time and again: the model
 * @param inputs data files, each with the checksum of its content
 * @param outputs the model, with the checksum of its parameters; none where the run failed
 */
public record LineageEvent(
    Instant eventTime,
    String eventType,
    String producer,
    String schemaURL,
    Run run,
    Job job,
    List<DataSet> inputs,
    List<DataSet> outputs) {

  private static final String PRODUCER = "urn:densespark";
  private static final String SPEC = "https://openlineage.io/spec/";
  private static final Pattern ADDRESS = Pattern.compile("([a-z0-9+.-]+):(?://([^/]*))?(/.*)");
  private static final String NAMESPACE = "densespark";

  /** A run, with what is said of it by facet. */
  public record Run(UUID runId, Map<String, Map<String, Object>> facets) {}

  /** A job. */
  public record Job(String namespace, String name) {}

  /** A file, with what is said of it by facet. */
  public record DataSet(String namespace, String name, Map<String, Map<String, Object>> facets) {}

  /**
   * The event of a run that is over.
   *
   * @param directory address of the run's directory
   * @param model the model that it trains, as in the registry
   * @param modelFile address of the model
   * @param defaultStore what a plain path is on, as {@code file:///}
   */
  public static LineageEvent of(
      RunStatus status,
      Provenance provenance,
      String directory,
      String model,
      String modelFile,
      String defaultStore) {
    boolean succeeded = status.state() == RunStatus.State.SUCCEEDED;
    return new LineageEvent(
        status.updatedAt(),
        succeeded ? "COMPLETE" : "FAIL",
        PRODUCER,
        SPEC + "2-0-2/OpenLineage.json#/$defs/RunEvent",
        new Run(
            UUID.nameUUIDFromBytes(directory.getBytes(StandardCharsets.UTF_8)),
            succeeded
                ? Map.of()
                : Map.of(
                    "errorMessage",
                    facet(
                        "1-0-1/ErrorMessageRunFacet",
                        Map.of(
                            "message",
                            String.valueOf(status.error()),
                            "programmingLanguage",
                            "JAVA")))),
        new Job(NAMESPACE, model),
        provenance.data().entrySet().stream()
            .map(file -> dataSet(qualified(file.getKey(), defaultStore), file.getValue()))
            .toList(),
        succeeded ? List.of(dataSet(modelFile, status.parametersSha256())) : List.of());
  }

  private static String qualified(String address, String defaultStore) {
    return address.startsWith("/") ? StringUtils.stripEnd(defaultStore, "/") + address : address;
  }

  private static DataSet dataSet(String address, String version) {
    // Not as a java.net.URI: paths hold blanks and whatever else a file's name may.
    Matcher parts = ADDRESS.matcher(address);
    if (!parts.matches()) {
      throw new IllegalArgumentException("not the address of a file: " + address);
    }
    String host = parts.group(2) == null || parts.group(2).isEmpty() ? "" : "://" + parts.group(2);
    // What Hadoop calls s3a, OpenLineage calls s3.
    String scheme = parts.group(1).equals("s3a") ? "s3" : parts.group(1);
    return new DataSet(
        scheme + host,
        parts.group(3),
        Map.of(
            "version",
            facet("1-0-1/DatasetVersionDatasetFacet", Map.of("datasetVersion", version))));
  }

  private static Map<String, Object> facet(String type, Map<String, Object> fields) {
    Map<String, Object> facet = new TreeMap<>(fields);
    String name = type.substring(type.indexOf('/') + 1);
    facet.put("_producer", PRODUCER);
    facet.put("_schemaURL", SPEC + "facets/" + type + ".json#/$defs/" + name);
    return facet;
  }
}

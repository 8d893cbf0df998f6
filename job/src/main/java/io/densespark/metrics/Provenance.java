package io.densespark.metrics;

import io.densespark.settings.Secrets;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a run was made of and where it ran, as {@code provenance.json}. Secrets among the settings
 * are replaced when the record is made, so none can be in it.
 *
 * @param createdAt when it was collected
 * @param versions by component: densespark, java, spark, hadoop, dl4j, nd4j, onednn, engine
 * @param data checksum by data file
 * @param seeds by what they seed
 * @param machine of the driver
 * @param spark Spark's settings, secrets redacted
 * @param replicas world size; null in files of older versions
 * @param warmStart the model that training began from; null: none
 * @param images what was trained on; null in files of older versions
 * @param settingsHash of the settings that alter results; null in files of older versions
 * @param devices by slot, the GPU that Spark assigned last; null: none
 */
public record Provenance(
    Instant createdAt,
    Map<String, String> versions,
    Map<String, String> data,
    Map<String, Long> seeds,
    Machine machine,
    Map<String, String> spark,
    Integer replicas,
    WarmStart warmStart,
    DataNote images,
    String settingsHash,
    List<Device> devices) {

  /**
   * A model zip that training began from.
   *
   * @param uri where it was read
   * @param sha256 of the zip
   */
  public record WarmStart(String uri, String sha256) {}

  /**
   * The GPU of a slot.
   *
   * @param host of its executor
   * @param address of the GPU there, as Spark names it
   */
  public record Device(int slot, String host, String address) {}

  public Provenance {
    versions = sorted(versions);
    data = sorted(data);
    seeds = sorted(seeds);
    spark = Secrets.redact(spark);
  }

  /**
   * Collects it for this process.
   *
   * @param versions of the libraries; ours and Java's are added
   * @param warmStart null: none
   */
  public static Provenance collect(
      Map<String, String> versions,
      Map<String, String> data,
      Map<String, Long> seeds,
      Map<String, String> spark,
      int replicas,
      WarmStart warmStart) {
    Map<String, String> all = new TreeMap<>(versions);
    all.putIfAbsent("densespark", ownVersion());
    all.putIfAbsent(
        "java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    return new Provenance(
        Instant.now(),
        all,
        data,
        seeds,
        Machine.ofThisProcess(),
        spark,
        replicas,
        warmStart,
        null,
        null,
        null);
  }

  /** The same with what was trained on, and by which settings. */
  public Provenance of(DataNote images, String settingsHash) {
    return with(versions, images, settingsHash, devices);
  }

  /** The same computed by an engine, in its own words, on what it computes on. */
  public Provenance by(String engine) {
    Map<String, String> all = new TreeMap<>(versions);
    all.put("engine", engine);
    return with(all, images, settingsHash, devices);
  }

  /** The same on GPUs. */
  public Provenance on(List<Device> devices) {
    return with(versions, images, settingsHash, List.copyOf(devices));
  }

  private Provenance with(
      Map<String, String> versions, DataNote images, String settingsHash, List<Device> devices) {
    return new Provenance(
        createdAt,
        versions,
        data,
        seeds,
        machine,
        spark,
        replicas,
        warmStart,
        images,
        settingsHash,
        devices);
  }

  /** From the jar's manifest; classes run from a directory have none. */
  private static String ownVersion() {
    String version = Provenance.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  private static <V> Map<String, V> sorted(Map<String, V> map) {
    return Collections.unmodifiableMap(new TreeMap<>(map));
  }
}

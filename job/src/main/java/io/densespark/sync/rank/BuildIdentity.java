package io.densespark.sync.rank;

import io.densespark.text.Text;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/**
 * Which build of the job a JVM runs, native bindings included. Replicas of different builds would
 * not compute the same bits, or would misunderstand each other.
 *
 * @param classes checksum of this project's classes; empty where they do not come from a jar
 * @param versions version by library, as far as the libraries say
 */
public record BuildIdentity(String classes, Map<String, String> versions) implements Serializable {

  private static final String PACKAGE = "io/densespark/";

  /** What the bits depend on, by the place where Maven notes its version. */
  private static final Map<String, String> LIBRARIES =
      Map.of(
          "DenseSpark", "io.densespark/densespark-job",
          "DL4J", "org.deeplearning4j/deeplearning4j-nn",
          "ND4J", "org.nd4j/nd4j-native",
          "oneDNN", "org.bytedeco/dnnl",
          "JavaCPP", "org.bytedeco/javacpp");

  private static final BuildIdentity HERE = read();

  public BuildIdentity {
    versions = new TreeMap<>(versions);
  }

  /** That of this JVM. */
  public static BuildIdentity here() {
    return HERE;
  }

  /** What an executor has that the driver has not, in words; empty: they are the same. */
  public Optional<String> differenceFrom(BuildIdentity driver) {
    for (String library : LIBRARIES.keySet().stream().sorted().toList()) {
      String mine = versions.get(library);
      String wanted = driver.versions.get(library);
      if (mine != null && wanted != null && !mine.equals(wanted)) {
        return Optional.of(Text.format("%s %s, the driver %s", library, mine, wanted));
      }
    }
    boolean known = !classes.isEmpty() && !driver.classes.isEmpty();
    return known && !classes.equals(driver.classes)
        ? Optional.of("another build of the job's classes")
        : Optional.empty();
  }

  private static BuildIdentity read() {
    Map<String, String> versions = new TreeMap<>();
    LIBRARIES.forEach(
        (name, coordinates) -> version(coordinates).ifPresent(v -> versions.put(name, v)));
    return new BuildIdentity(checksum(), versions);
  }

  private static Optional<String> version(String coordinates) {
    String notes = "/META-INF/maven/" + coordinates + "/pom.properties";
    try (InputStream in = BuildIdentity.class.getResourceAsStream(notes)) {
      if (in == null) {
        return Optional.empty();
      }
      Properties properties = new Properties();
      properties.load(in);
      return Optional.ofNullable(properties.getProperty("version"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String checksum() {
    try {
      File source =
          new File(BuildIdentity.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      if (!source.isFile()) {
        return "";
      }
      try (JarFile jar = new JarFile(source)) {
        return checksum(jar);
      }
    } catch (IOException | URISyntaxException | IllegalArgumentException e) {
      // Classes that come over the network or out of a nested jar: versions have to do.
      return "";
    }
  }

  /** Over names and checksums from the jar's directory: nothing is decompressed. */
  private static String checksum(JarFile jar) {
    String entries =
        jar.stream()
            .filter(entry -> entry.getName().startsWith(PACKAGE) && !entry.isDirectory())
            .map(entry -> entry.getName() + " " + entry.getCrc())
            .sorted()
            .collect(Collectors.joining("\n"));
    CRC32 crc = new CRC32();
    crc.update(entries.getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }
}

package io.densespark.registry;

import io.densespark.storage.Json;
import io.densespark.text.Text;
import java.io.IOException;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * A version of a model, as its {@code manifest.json} states it. The manifest is written last:
 * without it there is no such version.
 *
 * @param format version of the form on the store
 * @param name of the model
 * @param version from 1
 * @param key what it was made from; the same key is never registered twice
 * @param runId the run that trained it; null where it came from a zip
 * @param source the file that was registered
 * @param parametersSha256 of the flat parameters as little-endian float32
 * @param testSetSha256 of the test images and labels on which it was measured
 * @param examples test images
 * @param accuracy on them, 0 to 1
 * @param calibrationError on them, 0 to 1
 * @param files lengths and SHA-256 by name
 */
public record ModelVersion(
    int format,
    String name,
    int version,
    String key,
    String runId,
    String source,
    String parametersSha256,
    String testSetSha256,
    long examples,
    double accuracy,
    double calibrationError,
    Instant createdAt,
    Map<String, FileDigest> files) {

  /** The DL4J zip. */
  public static final String MODEL = "model.zip";

  /** Every measure on the test images. */
  public static final String METRICS = "metrics.json";

  /** Versions, data, seeds and machine of the run; absent where they are not known. */
  public static final String PROVENANCE = "provenance.json";

  static final String MANIFEST = "manifest.json";
  static final int FORMAT = 1;

  /** Length and SHA-256 of a file. */
  public record FileDigest(long bytes, String sha256) {

    static FileDigest of(byte[] content) {
      return new FileDigest(content.length, DigestUtils.sha256Hex(content));
    }
  }

  /** With a digest of itself: a flipped bit in a number would still be JSON. */
  private record Signed(String sha256, ModelVersion model) {}

  public ModelVersion {
    files = files == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(files));
  }

  /** Length of the DL4J zip. */
  public long modelBytes() {
    return files.get(MODEL).bytes();
  }

  byte[] document() {
    return Json.document(new Signed(DigestUtils.sha256Hex(Json.line(this)), this));
  }

  static ModelVersion parse(byte[] document) throws IOException {
    Signed signed = Json.read(document, Signed.class);
    if (signed.model() == null
        || !DigestUtils.sha256Hex(Json.line(signed.model())).equals(signed.sha256())
        || !signed.model().files().containsKey(MODEL)) {
      throw new IOException("its content does not have the SHA-256 it states");
    }
    if (signed.model().format() != FORMAT) {
      throw new IOException(
          Text.format("format %d, this program reads format %d", signed.model().format(), FORMAT));
    }
    return signed.model();
  }
}

package io.densespark.checkpoint;

import io.densespark.storage.Json;
import io.densespark.text.Text;
import java.io.IOException;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * What {@code manifest.json} says of a checkpoint. It is written last: without it a checkpoint does
 * not exist.
 *
 * @param format version of the form on the store
 * @param accuracy accuracy of these very parameters; NaN if they were not evaluated
 * @param files the data files by name
 */
record CheckpointManifest(
    int format,
    Instant createdAt,
    int epoch,
    int step,
    int stepInEpoch,
    int worldSize,
    String configHash,
    double accuracy,
    double bestAccuracy,
    Map<String, FileDigest> files) {

  static final String FILE = "manifest.json";
  static final int FORMAT = 2;

  /** Length and SHA-256 of a data file. */
  record FileDigest(long bytes, String sha256) {}

  /** The manifest with a digest of itself, since a flipped bit in a number would still be JSON. */
  private record Sealed(String sha256, CheckpointManifest checkpoint) {}

  CheckpointManifest {
    files = files == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(files));
  }

  static CheckpointManifest of(
      Checkpoint checkpoint, Map<String, FileDigest> files, Instant createdAt) {
    return new CheckpointManifest(
        FORMAT,
        createdAt,
        checkpoint.state().epoch(),
        checkpoint.state().step(),
        checkpoint.state().stepInEpoch(),
        checkpoint.worldSize(),
        checkpoint.configHash(),
        checkpoint.accuracy(),
        checkpoint.bestAccuracy(),
        files);
  }

  /** The content of the file. */
  byte[] document() {
    return Json.document(new Sealed(DigestUtils.sha256Hex(Json.line(this)), this));
  }

  /**
   * Reads the content of the file.
   *
   * @throws IOException if it is not what {@link #document} wrote
   */
  static CheckpointManifest parse(byte[] document) throws IOException {
    Sealed sealed = Json.read(document, Sealed.class);
    CheckpointManifest manifest = sealed.checkpoint();
    if (manifest != null && manifest.format() != FORMAT) {
      throw new IOException(
          Text.format(
              "format %d, this version of the program reads format %d", manifest.format(), FORMAT));
    }
    if (manifest == null || !DigestUtils.sha256Hex(Json.line(manifest)).equals(sealed.sha256())) {
      throw new IOException("its content does not have the SHA-256 it states");
    }
    return manifest;
  }
}

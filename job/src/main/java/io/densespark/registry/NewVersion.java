package io.densespark.registry;

import io.densespark.evaluation.EvaluationResult;
import io.densespark.metrics.Provenance;
import io.densespark.text.Text;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A model that is to become a version.
 *
 * @param key what it was made from: letters, digits and {@code . _ -}, at most 200
 * @param runId the run that trained it; empty where it comes from a zip
 * @param source the file it is read from, without credentials
 * @param zip the DL4J zip
 * @param parametersSha256 of the flat parameters as little-endian float32
 * @param testSetSha256 of the test images and labels on which it was measured
 * @param metrics what was measured
 * @param provenance of the run, if known
 */
public record NewVersion(
    String key,
    Optional<String> runId,
    String source,
    byte[] zip,
    String parametersSha256,
    String testSetSha256,
    EvaluationResult metrics,
    Optional<Provenance> provenance) {

  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,199}");

  public NewVersion {
    if (!KEY.matcher(key).matches()) {
      throw new IllegalArgumentException(
          Text.format("The key '%s': use up to 200 letters, digits and . _ -", key));
    }
  }
}

package io.densespark.job;

import io.densespark.prediction.ImageInputs.Format;
import io.densespark.prediction.PredictionOutput.OnError;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What is to be predicted.
 *
 * @param model a DL4J zip at a path or Hadoop URI; empty: {@code model.zip} of the run that the
 *     settings name
 * @param images paths or Hadoop URIs, at least one
 * @param format what is there; {@code AUTO}: found out
 * @param to directory that receives Parquet: a path or Hadoop URI
 * @param overwrite whether to replace what is at {@code to}
 * @param onError what to do about an image that cannot be used
 * @param classNames names by class index; empty: those of Fashion-MNIST where the model tells ten
 *     classes of grey images apart
 */
public record PredictRequest(
    Optional<String> model,
    List<String> images,
    Format format,
    String to,
    boolean overwrite,
    OnError onError,
    Optional<List<String>> classNames) {

  public PredictRequest {
    if (images.isEmpty()) {
      throw new IllegalArgumentException("no images are named");
    }
    images = List.copyOf(images);
  }

  /**
   * The same with the words of the command line.
   *
   * @param format a {@link Format} in any case
   * @param onError an {@link OnError} in any case
   */
  public static PredictRequest of(
      Optional<String> model,
      List<String> images,
      String format,
      String to,
      boolean overwrite,
      String onError,
      Optional<List<String>> classNames) {
    return new PredictRequest(
        model,
        images,
        Format.valueOf(format.toUpperCase(Locale.ROOT)),
        to,
        overwrite,
        OnError.valueOf(onError.toUpperCase(Locale.ROOT)),
        classNames);
  }
}

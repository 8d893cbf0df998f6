package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.data.OnError;
import io.densespark.images.ImageInputs.Format;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.verb.PredictJob;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Predicts images. */
@Command(
    name = "predict",
    description = "Predict the classes of images with a trained model, as Parquet.")
final class PredictCommand extends VerbCommand {

  private static final String NO_NAMES = "none";

  @Option(
      names = "--model",
      paramLabel = "URI",
      description = "A DL4J model zip: a path or Hadoop URI (default: that of --run-id).")
  private String model;

  @Option(
      names = "--images",
      paramLabel = "URI",
      required = true,
      description =
          "Images: an IDX file, a folder of PNG or JPEG files, or Parquet; a path or Hadoop URI,"
              + " repeatable.")
  private List<String> images;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "auto, idx, images or parquet (default: auto).")
  private Format format = Format.AUTO;

  @Option(
      names = "--to",
      paramLabel = "URI",
      required = true,
      description = "Directory that receives Parquet files (id, label, class_name, probabilities).")
  private String to;

  @Option(names = "--overwrite", description = "Replace what is at --to.")
  private boolean overwrite;

  @Option(
      names = "--on-error",
      paramLabel = "WHAT",
      description =
          "What to do about an image that cannot be used: fail (exit code 10, nothing is written)"
              + " or skip (left out and named) (default: fail).")
  private OnError onError = OnError.FAIL;

  @Option(
      names = "--class-names",
      paramLabel = "A,B,…",
      description = "Names of the classes by index, or none (default: the model's own).")
  private String classNames;

  @Override
  Job job(RunConfig config, RunDisplay display) {
    Optional<List<String>> names =
        Optional.ofNullable(classNames)
            .map(
                text ->
                    text.equals(NO_NAMES)
                        ? List.of()
                        : Arrays.stream(text.split(",")).map(String::strip).toList());
    return new PredictJob(
        config, display, Optional.ofNullable(model), images, format, to, overwrite, onError, names);
  }
}

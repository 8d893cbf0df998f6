package io.densespark.job;

import io.densespark.metrics.RunDirectory;
import io.densespark.storage.StorageException;
import io.densespark.storage.StoreEntry;
import io.densespark.text.Text;
import java.util.List;
import java.util.Optional;

/** A job cannot begin or go on; the code says how the process ends. */
public final class JobException extends RuntimeException {

  private static final int NAMED = 10;

  private final ExitCode code;

  public JobException(ExitCode code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** What was asked for contradicts itself or what is there. */
  public static JobException usage(String message) {
    return new JobException(ExitCode.USAGE, message, null);
  }

  /** A verb asks for a run that is not in the workspace. */
  public static JobException noSuchRun(RunDirectory asked) {
    Optional<String> since = asked.unchangedSince();
    if (since.isPresent()) {
      return usage(
          Text.format(
              "the retraining %s trained nothing, as data and settings were those of the run %s: name that one",
              asked.runId(), since.get()));
    }
    List<String> there =
        asked.store().list(RunDirectory.RUNS).stream()
            .filter(StoreEntry::directory)
            .map(StoreEntry::name)
            .toList();
    String list =
        there.isEmpty()
            ? "no runs at all"
            : String.join(", ", there.subList(Math.max(0, there.size() - NAMED), there.size()));
    return usage(
        Text.format(
            "there is no run %s in %s, which holds %s: name one of them, or another --output",
            asked.runId(), asked.store().uri(), list));
  }

  /** The output failed while a run was going on. */
  public static JobException outputLost(StorageException cause) {
    String kept =
        cause.reason() == StorageException.Reason.MISSING
            ? ""
            : ". What was saved is kept: the same command goes on from there";
    return new JobException(
        ExitCode.TRAINING_FAILED,
        Text.format("the output failed: %s%s", cause.getMessage(), kept),
        cause);
  }

  /** How the process ends. */
  public ExitCode code() {
    return code;
  }
}

package io.densespark.job;

import io.densespark.model.ModelZip.UpdaterState;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * A model to be copied out of a run.
 *
 * @param runId the run
 * @param choice which of its models
 * @param epoch the epoch for {@code EPOCH}
 * @param to URI of the zip
 * @param updaterState whether the updater's state goes along, for training that continues
 * @param overwrite whether a file that is there is replaced
 */
public record ExportRequest(
    String runId,
    Choice choice,
    OptionalInt epoch,
    String to,
    UpdaterState updaterState,
    boolean overwrite) {

  /** Which model of a run. */
  public enum Choice {
    /** The newest. */
    LAST,
    /** Of the best test accuracy among those that were saved. */
    BEST,
    /** After a given epoch. */
    EPOCH
  }

  public ExportRequest {
    if ((choice == Choice.EPOCH) != epoch.isPresent()) {
      throw new IllegalArgumentException("an epoch goes with the choice of an epoch: " + choice);
    }
    if (to.isBlank() || to.endsWith("/")) {
      throw new IllegalArgumentException("'%s' is no name of a file".formatted(to));
    }
  }

  /** Whether this says which model: last, best or the number of an epoch. */
  public static boolean isCheckpoint(String text) {
    return text.matches("last|best|[1-9]\\d{0,8}");
  }

  /**
   * Reads what people write.
   *
   * @param checkpoint as {@link #isCheckpoint} has it
   */
  public static ExportRequest of(
      String runId, String checkpoint, String to, boolean updater, boolean overwrite) {
    if (!isCheckpoint(checkpoint)) {
      throw new IllegalArgumentException(
          "checkpoint '%s': must be last, best, or the number of an epoch".formatted(checkpoint));
    }
    boolean named = !Character.isDigit(checkpoint.charAt(0));
    return new ExportRequest(
        runId,
        named ? Choice.valueOf(checkpoint.toUpperCase(Locale.ROOT)) : Choice.EPOCH,
        named ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(checkpoint)),
        to,
        updater ? UpdaterState.INCLUDED : UpdaterState.LEFT_OUT,
        overwrite);
  }
}

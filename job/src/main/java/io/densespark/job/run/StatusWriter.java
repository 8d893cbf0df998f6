package io.densespark.job.run;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.RunDisplay;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunEvent;
import io.densespark.metrics.RunStatus;
import io.densespark.storage.Content;
import io.densespark.text.Text;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Writes a run's {@code status.json} from the claim of its directory to its final state. */
final class StatusWriter implements RunListener {

  private final RunDirectory directory;
  private final RunDisplay display;
  private final RunConfig config;
  private final Optional<Mlflow> mlflow;
  private final long began;
  private final double secondsBefore;
  private final List<EpochRecord> epochs = new ArrayList<>();
  private long images;
  private double trainSeconds;
  private RunStatus status;

  private StatusWriter(
      RunDirectory directory, RunDisplay display, RunConfig config, long began, RunStatus status) {
    this.directory = directory;
    this.display = display;
    this.config = config;
    this.mlflow = Mlflow.of(directory, config, display::warning);
    this.began = began;
    this.status = status;
    this.secondsBefore = status.seconds() == null ? 0 : status.seconds();
  }

  /**
   * Makes the directory that of a run which goes on now.
   *
   * @param earlier status of the run that goes on; empty: one begins, in place of any that is there
   * @param began {@link System#nanoTime} when the job began
   */
  static StatusWriter claim(
      RunDirectory directory,
      RunConfig config,
      RunDisplay display,
      Optional<RunStatus> earlier,
      long began) {
    if (config.fresh() && directory.exists()) {
      directory.delete();
    }
    RunStatus status =
        earlier
            .map(before -> before.resumed(Instant.now()))
            .orElseGet(() -> RunStatus.started(directory.runId(), Instant.now()));
    // The status makes it a run, which does not go on without its settings.
    directory
        .store()
        .replace(
            directory.config(),
            Content.of(config.settings().toJson().getBytes(StandardCharsets.UTF_8)));
    directory.writeStatus(status);
    new RunJournal(directory, display)
        .add(
            earlier.isPresent() ? RunEvent.Kind.RESUMED : RunEvent.Kind.STARTED,
            earlier
                .map(
                    before ->
                        Text.format("after epoch %d; %s", before.epochs(), whyStopped(before)))
                .orElse(""));
    directory.keepRoom();
    return new StatusWriter(directory.whileThere(), display, config, began, status);
  }

  private static String whyStopped(RunStatus earlier) {
    return earlier.state() == RunStatus.State.FAILED
        ? Text.format("it had ended with exit code %d: %s", earlier.exitCode(), earlier.error())
        : "it had stopped without a final state";
  }

  /** Takes the epochs done before: the earlier process may have ended before it told of them. */
  void goOnFrom(List<EpochRecord> earlier) {
    earlier.forEach(this::count);
    if (!earlier.isEmpty()) {
      writeEpoch();
    }
    mlflow.ifPresent(record -> record.update(status));
  }

  @Override
  public void onEpoch(EpochEnd end) {
    count(end.record());
    writeEpoch();
    mlflow.ifPresent(record -> record.update(status));
  }

  private void count(EpochRecord record) {
    epochs.add(record);
    images += Math.round(record.imagesPerSecond() * record.seconds());
    trainSeconds += record.seconds();
  }

  private void writeEpoch() {
    EpochRecord last = epochs.get(epochs.size() - 1);
    write(now -> now.withEpoch(last, imagesPerSecond(), seconds(), Instant.now()));
  }

  /** Every epoch, those before a resume included. */
  List<EpochRecord> epochs() {
    return epochs;
  }

  /** Of training, over all epochs. */
  double imagesPerSecond() {
    return images / trainSeconds;
  }

  void succeeded(String parametersSha256, boolean stoppedEarly, Double mirroredTestAccuracy) {
    write(
        now ->
            now.succeeded(
                parametersSha256, stoppedEarly, mirroredTestAccuracy, seconds(), Instant.now()));
  }

  void failed(ExitCode code, String error) {
    write(now -> now.failed(code.number(), error, seconds(), Instant.now()));
  }

  /** Seconds that the run has taken, those of earlier processes included. */
  double seconds() {
    return secondsBefore + (System.nanoTime() - began) / 1e9;
  }

  /** A final state is final: the thread that trains may still run while the process is ended. */
  private synchronized void write(UnaryOperator<RunStatus> change) {
    if (status.state() != RunStatus.State.RUNNING) {
      return;
    }
    RunStatus next = change.apply(status);
    if (next.state() == RunStatus.State.RUNNING) {
      directory.writeStatus(next);
    } else {
      directory.giveRoom();
      new RunEnding(directory, display, config, mlflow).end(next);
    }
    status = next;
  }
}

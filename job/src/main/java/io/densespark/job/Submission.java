package io.densespark.job;

import io.densespark.storage.Content;
import io.densespark.storage.Json;
import io.densespark.storage.StorageException;
import io.densespark.storage.Store;
import io.densespark.text.Text;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkUserAppException;

/**
 * A job whose driver was sent to a cluster. No scheduler hands its exit code back to who sent it,
 * and all of them may start the driver again; so the job leaves its outcome in the output.
 *
 * @param id names this submission, and the run where nothing else does
 * @param output workspace where the outcome is left, under {@code submissions/}
 */
public record Submission(String id, String output) {

  private static final String ID = "spark.densespark.submission.id";
  private static final String OUTPUT = "spark.densespark.submission.output";

  /** What a claim that ends may take to be seen. */
  private static final Duration MARGIN = Duration.ofSeconds(5);

  /**
   * How a job ended.
   *
   * @param message what it told on standard error
   */
  public record Outcome(int exitCode, String message, Instant endedAt) {

    /** Whether to do the same again would end otherwise. */
    public boolean mayEndOtherwise() {
      return ExitCode.mayEndOtherwise(exitCode);
    }
  }

  /** That of this process, which {@code scripts/submit} names. */
  public static Optional<Submission> ofThisProcess() {
    return Optional.ofNullable(System.getProperty(ID))
        .map(id -> new Submission(id, System.getProperty(OUTPUT)));
  }

  /** Tells runs without a name apart: by the submission, so that a driver started again goes on. */
  public static String stamp(DateTimeFormatter now) {
    return ofThisProcess().map(Submission::id).orElseGet(() -> now.format(Instant.now()));
  }

  /**
   * How long to wait for a lock: not at all, but in a driver that may have been started again the
   * one before may have it, from another machine, until its lease runs out.
   */
  public static Duration lockTimeout(Duration lease) {
    return ofThisProcess().isPresent() ? lease.plus(MARGIN) : Duration.ZERO;
  }

  /** How it ended; empty: it has not, or not in a way that it could tell. */
  public Optional<Outcome> outcome(Configuration hadoop) {
    try (Store store = Store.open(output, hadoop)) {
      return store.exists(path())
          ? Optional.of(Json.read(store.read(path()), Outcome.class))
          : Optional.empty();
    } catch (IOException e) {
      throw new StorageException(
          StorageException.Reason.DAMAGED,
          Text.format("%s/%s cannot be used: %s", output, path(), e.getMessage()),
          e);
    }
  }

  /** Leaves the outcome. */
  public void leave(Outcome outcome, Configuration hadoop) {
    try (Store store = Store.open(output, hadoop)) {
      store.replace(path(), Content.of(Json.document(outcome)));
    }
  }

  private String path() {
    return "submissions/" + id + ".json";
  }

  /**
   * What this process tells its scheduler.
   *
   * @return what to end the process with; empty: it is to return from its main method
   * @throws SparkUserAppException for YARN's application master, which takes the code from it
   */
  public static Optional<Integer> toScheduler(int exitCode) throws SparkUserAppException {
    if ("yarn".equals(System.getProperty("spark.master"))) {
      // Its application master takes a process that is ended, with whatever code, for failed.
      if (exitCode != 0) {
        throw new SparkUserAppException(exitCode);
      }
      return Optional.empty();
    }
    boolean supervised = Boolean.getBoolean("spark.driver.supervise");
    // A supervisor would start it again for ever.
    return Optional.of(supervised && !ExitCode.mayEndOtherwise(exitCode) ? 0 : exitCode);
  }

  /** What is said where a driver ended without an outcome. */
  public String noOutcome() {
    return Text.format(
        "the driver left no outcome in %s/%s: it was killed, did not start, or cannot write there; the scheduler's log of the application says which",
        output, path());
  }
}

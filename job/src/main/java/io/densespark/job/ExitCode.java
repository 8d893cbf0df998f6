package io.densespark.job;

import io.densespark.checkpoint.CheckpointException;
import io.densespark.config.ConfigException;
import io.densespark.data.DataException;
import io.densespark.engine.EngineUnavailableException;
import io.densespark.engine.UnsupportedGraphException;
import io.densespark.model.ModelException;
import io.densespark.registry.RegistryException;
import io.densespark.settings.SettingsException;
import io.densespark.storage.LockHeldException;
import io.densespark.storage.LockLostException;
import io.densespark.storage.StorageException;
import io.densespark.sync.SyncException;
import io.densespark.train.DivergedException;
import java.io.FileNotFoundException;
import java.util.Arrays;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.apache.spark.SparkException;

/** Exit codes of the process; scripts rely on the numbers. */
public enum ExitCode {
  SUCCESS(0),
  INTERNAL(1),
  USAGE(2),
  DATA(10),
  PREFLIGHT(11),
  TRAINING_FAILED(20),
  DIVERGED(21),
  TIMED_OUT(22),
  GATE_REJECTED(30),
  LOCK_HELD(40),
  /** Told to stop by SIGHUP, SIGINT and SIGTERM: as the operating system counts them. */
  HUNG_UP(129),
  INTERRUPTED(130),
  TERMINATED(143);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  /** The number given to the operating system. */
  public int number() {
    return number;
  }

  /** The one of a number; {@link #INTERNAL} for a number that is none. */
  public static ExitCode of(int number) {
    return Arrays.stream(values())
        .filter(code -> code.number == number)
        .findFirst()
        .orElse(INTERNAL);
  }

  /** Whether the same command may end otherwise than with this code, without anything mended. */
  public static boolean mayEndOtherwise(int number) {
    return number == TRAINING_FAILED.number
        || number == TIMED_OUT.number
        || number == LOCK_HELD.number
        || number >= HUNG_UP.number;
  }

  /** How the process ends after a failure that no job caught. */
  public static ExitCode of(Throwable failure) {
    if (failure instanceof JobException job) {
      return job.code();
    }
    if (failure instanceof ConfigException
        || failure instanceof SettingsException
        || failure instanceof ModelException
        || failure instanceof RegistryException) {
      return USAGE;
    }
    if (failure instanceof CheckpointException) {
      // Wherever the store is: the run was under way when it failed.
      return failure.getCause() instanceof LockLostException ? LOCK_HELD : TRAINING_FAILED;
    }
    if (failure instanceof LockHeldException || failure instanceof LockLostException) {
      return LOCK_HELD;
    }
    if (failure instanceof DataException || failure instanceof FileNotFoundException) {
      return DATA;
    }
    if (failure instanceof EngineUnavailableException
        || failure instanceof UnsupportedGraphException) {
      return PREFLIGHT;
    }
    if (failure instanceof StorageException storage) {
      return switch (storage.reason()) {
        case INVALID, OVERLAPS, EXISTS -> USAGE;
        case DAMAGED -> DATA;
        case FULL, FAILED -> TRAINING_FAILED;
        default -> PREFLIGHT;
      };
    }
    if (failure instanceof SyncException sync
        && ExceptionUtils.indexOfType(failure, OutOfMemoryError.class) < 0) {
      return switch (sync.reason()) {
        case PREFLIGHT -> PREFLIGHT;
        case TIMED_OUT -> TIMED_OUT;
        case FAILED -> TRAINING_FAILED;
      };
    }
    if (failure instanceof DivergedException) {
      return DIVERGED;
    }
    // What a task found out about its data.
    if (failure instanceof SparkException && failure.getCause() != null) {
      ExitCode cause = of(failure.getCause());
      if (cause == DATA || cause == PREFLIGHT) {
        return cause;
      }
    }
    if (ExceptionUtils.indexOfType(failure, OutOfMemoryError.class) >= 0) {
      return PREFLIGHT;
    }
    return failure instanceof SparkException ? TRAINING_FAILED : INTERNAL;
  }
}

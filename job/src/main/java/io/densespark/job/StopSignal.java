package io.densespark.job;

import java.util.Map;
import java.util.Optional;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.spark.util.SignalUtils;

/** How this process was told to stop, if it was. */
public final class StopSignal {

  private static final Map<String, ExitCode> CODES =
      Map.of("HUP", ExitCode.HUNG_UP, "INT", ExitCode.INTERRUPTED, "TERM", ExitCode.TERMINATED);

  private static volatile ExitCode received;

  private StopSignal() {}

  /** Remembers signals from now on; they end the process as ever. */
  public static void watch() {
    CODES.forEach(
        (name, code) ->
            SignalUtils.register(
                name,
                () -> {
                  received = code;
                  // What Spark's end breaks off would be told at length.
                  Configurator.setAllLevels(LogManager.ROOT_LOGGER_NAME, Level.OFF);
                  return false;
                }));
  }

  /** What the process ends with because of a signal; empty: there was none. */
  public static Optional<ExitCode> received() {
    return Optional.ofNullable(received);
  }
}

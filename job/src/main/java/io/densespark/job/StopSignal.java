package io.densespark.job;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
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

  /** Tells and remembers signals from now on; they end the process as ever. */
  public static void watch() {
    CODES.forEach(
        (name, code) ->
            SignalUtils.register(
                name,
                () -> {
                  received = code;
                  System.err.printf(
                      Locale.ROOT,
                      "densespark: the process was told to stop (exit code %d)%n",
                      code.number());
                  // What the end breaks off would be told at length, by loggers and others.
                  Configurator.setAllLevels(LogManager.ROOT_LOGGER_NAME, Level.OFF);
                  System.setErr(
                      new PrintStream(
                          OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
                  return false;
                }));
  }

  /** What the process ends with because of a signal; empty: there was none. */
  public static Optional<ExitCode> received() {
    return Optional.ofNullable(received);
  }
}

package io.densespark.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.data.DataException;
import io.densespark.engine.EngineUnavailableException;
import io.densespark.storage.StorageException;
import io.densespark.storage.StorageException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.ConfigurationFactory;
import org.apache.logging.log4j.core.config.ConfigurationSource;
import org.apache.logging.log4j.core.config.DefaultConfiguration;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.core.layout.PatternLayout;
import org.apache.logging.log4j.message.SimpleMessage;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailureTextTest {

  @Test
  void whatATaskOfOursSaysStandsAlone() {
    Throwable failure =
        new SparkException(
            "Job aborted due to stage failure: Task 0\n\tat x",
            new SparkException("Task failed", new DataException("the image a.png is truncated")));

    assertThat(FailureText.line(failure)).isEqualTo("the image a.png is truncated");
    assertThat(ExitCode.of(failure)).isEqualTo(ExitCode.DATA);
  }

  @Test
  void memoryUsedUpInATaskIsToldWithWhatThereIs() {
    Throwable failure =
        new SparkException(
            "Job aborted", new OutOfMemoryError("Physical memory usage is too high"));

    assertThat(FailureText.line(failure)).contains("Physical memory", "MB", "train.batch-size");
    assertThat(ExitCode.of(failure)).isEqualTo(ExitCode.PREFLIGHT);
  }

  @Test
  void whatTheStorageSaysIsNotFollowedByItsCause() {
    Throwable cause = new NoSuchFileException("/a b/none.zip");
    StorageException missing =
        new StorageException(Reason.MISSING, "Cannot read /a b/none.zip: no such file", cause);

    assertThat(FailureText.line(new IllegalStateException(missing.getMessage(), missing)))
        .isEqualTo("Cannot read /a b/none.zip: no such file");
  }

  @Test
  void whatAnEngineSaysIsNotFollowedByItsCause() {
    Throwable cause = new UnsatisfiedLinkError("Unable to load library 'libcuda.so.1'");

    assertThat(FailureText.line(new EngineUnavailableException("install the driver", cause)))
        .isEqualTo("install the driver");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "scheduler.TaskSetManager | Lost task 0.0: io.densespark.data.DataException: a.png | false",
        "scheduler.TaskSetManager | Task 0 in stage 1.0 failed 1 times; aborting job       | false",
        "scheduler.TaskSetManager | Lost task 1.0 (TID 1): TaskKilled (Stage cancelled)    | false",
        "scheduler.TaskSetManager | Lost task 1.0 (TID 1): ExecutorLostFailure (killed)    | true",
        "util.Utils | Aborting task null                                                   | false",
        "util.Utils | Service 'SparkUI' could not bind on port 4040                        | true"
      })
  void theConsoleLeavesOutWhatTheLastLineTells(String logger, String message, boolean shown)
      throws IOException {
    try (InputStream in = Files.newInputStream(Path.of("../scripts/spark/log4j2.properties"))) {
      Configuration console =
          ConfigurationFactory.getInstance()
              .getConfiguration(new LoggerContext("console"), sourceOf(in));
      console.initialize();
      String name = "org.apache.spark." + logger;
      Log4jLogEvent event =
          Log4jLogEvent.newBuilder()
              .setLoggerName(name)
              .setLevel(Level.WARN)
              .setMessage(new SimpleMessage(message))
              .build();

      assertThat(console.getLoggerConfig(name).isFiltered(event)).isEqualTo(!shown);
    }
  }

  private static ConfigurationSource sourceOf(InputStream properties) throws IOException {
    return new ConfigurationSource(properties, Path.of("log4j2.properties").toFile());
  }

  /** The driver's console, as the scripts set it up. */
  @Test
  void aMessageIsALineOnTheConsole() throws IOException {
    Properties properties = new Properties();
    try (Reader in = Files.newBufferedReader(Path.of("../scripts/spark/log4j2.properties"))) {
      properties.load(in);
    }
    DefaultConfiguration lookups = new DefaultConfiguration();
    PatternLayout layout =
        PatternLayout.newBuilder()
            .withConfiguration(lookups)
            .withPattern(
                lookups
                    .getStrSubstitutor()
                    .replace(properties.getProperty("appender.console.layout.pattern")))
            .withAlwaysWriteExceptions(
                Boolean.parseBoolean(
                    properties.getProperty("appender.console.layout.alwaysWriteExceptions")))
            .build();
    Log4jLogEvent event =
        Log4jLogEvent.newBuilder()
            .setLoggerName("org.apache.spark.scheduler.TaskSetManager")
            .setLevel(Level.WARN)
            .setMessage(new SimpleMessage("Lost task: java.io.IOException: a\n\tat b\n\tat c"))
            .setThrown(new IOException("the disk is full"))
            .build();

    assertThat(layout.toSerializable(event))
        .endsWith(
            "WARN - TaskSetManager: Lost task: java.io.IOException: a" + System.lineSeparator());
  }
}

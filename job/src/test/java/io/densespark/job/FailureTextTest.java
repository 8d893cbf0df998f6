package io.densespark.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.data.DataException;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.core.layout.PatternLayout;
import org.apache.logging.log4j.message.SimpleMessage;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;

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

  /** The driver's console, as the scripts set it up. */
  @Test
  void aMessageIsALineOnTheConsole() throws IOException {
    Properties properties = new Properties();
    try (Reader in = Files.newBufferedReader(Path.of("../scripts/spark/log4j2.properties"))) {
      properties.load(in);
    }
    PatternLayout layout =
        PatternLayout.newBuilder()
            .withPattern(properties.getProperty("appender.console.layout.pattern"))
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
            "WARN TaskSetManager: Lost task: java.io.IOException: a" + System.lineSeparator());
  }
}

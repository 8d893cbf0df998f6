package io.densespark.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.message.SimpleMessage;
import org.apache.logging.log4j.util.SortedArrayStringMap;
import org.apache.spark.SparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What executors log, in a logger context of the test's own. */
class ExecutorLoggingTest {

  private static final String EXECUTOR = "org.apache.spark.executor.Executor";

  @TempDir Path folder;

  @Test
  void warningsSayWhoseTheyAreAndStepsOfTasksAreLeftOut() throws Exception {
    URI sparks =
        SparkContext.class.getResource("/org/apache/spark/log4j2-defaults.properties").toURI();
    try (LoggerContext context = configured(sparks)) {
      assertThat(context.getLogger(EXECUTOR).isInfoEnabled()).isFalse();
      assertThat(context.getLogger(EXECUTOR).isWarnEnabled()).isTrue();
      assertThat(context.getLogger("io.densespark.sync.Replica").isInfoEnabled()).isTrue();
      assertThat(line(context, Map.of("mdc.run", "monday", "ranks", "ranks 0 to 1")))
          .matches("\\S+Z WARN app-1/3 run monday ranks 0 to 1 Executor: lost\\R");
      assertThat(line(context, Map.of())).matches("\\S+Z WARN app-1/3 Executor: lost\\R");
    }
  }

  @Test
  void aConfigurationOfTheClustersOwnStays() throws Exception {
    Path own = folder.resolve("log4j2.properties");
    Files.writeString(own, "rootLogger.level = info\n");
    try (LoggerContext context = configured(own.toUri())) {
      assertThat(context.getLogger(EXECUTOR).isInfoEnabled()).isTrue();
    }
  }

  private static LoggerContext configured(URI configuration) {
    LoggerContext context = new LoggerContext("executor", null, configuration);
    context.start();
    ExecutorLogging.configure(context, "app-1/3");
    return context;
  }

  /** The stream below an appender is shared with all other contexts: only its layout is ours. */
  private static String line(LoggerContext context, Map<String, String> task) {
    SortedArrayStringMap values = new SortedArrayStringMap();
    task.forEach(values::putValue);
    LogEvent event =
        Log4jLogEvent.newBuilder()
            .setLoggerName(EXECUTOR)
            .setLevel(Level.WARN)
            .setMessage(new SimpleMessage("lost"))
            .setContextData(values)
            .build();
    return context
        .getConfiguration()
        .getAppender("console")
        .getLayout()
        .toSerializable(event)
        .toString();
  }
}

package io.densespark.observe;

import java.net.URI;
import java.net.URISyntaxException;
import org.apache.logging.log4j.core.LoggerContext;

/**
 * What executors log. Spark's own default is every step of every task; this is warnings, each with
 * the application and the executor, the run and the ranks.
 *
 * <p>Who has a configuration on the cluster keeps it. There, {@code %X{mdc.run}} and {@code
 * %X{ranks}} are the run and the ranks of a task.
 */
final class ExecutorLogging {

  private static final String SPARKS_DEFAULT = "log4j2-defaults.properties";
  private static final String PROCESS = "densespark.executor";

  private ExecutorLogging() {}

  /**
   * Takes the place of Spark's default configuration, if that is in use.
   *
   * @param process the application and the executor
   */
  static void configure(LoggerContext context, String process) {
    URI used = context.getConfigLocation();
    if (used == null || !used.toString().endsWith(SPARKS_DEFAULT)) {
      return;
    }
    System.setProperty(PROCESS, process);
    try {
      // Read again, with that property, by the assignment itself.
      context.setConfigLocation(
          ExecutorLogging.class.getResource("executor-log4j2.properties").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}

package io.densespark.observe;

import com.codahale.metrics.Gauge;
import java.util.Map;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Puts every {@link TrainingMetric} into the metrics system of Spark's driver, from where any sink
 * takes them (Prometheus, JMX, Graphite, CSV). The job installs it; a program of one's own names it
 * in {@code spark.plugins}. On executors it keeps Spark's log to what matters.
 */
public final class TrainingMetricsPlugin implements SparkPlugin {

  @Override
  public DriverPlugin driverPlugin() {
    return new DriverPlugin() {
      @Override
      public Map<String, String> init(SparkContext context, PluginContext plugin) {
        return Map.of();
      }

      @Override
      public void registerMetrics(String applicationId, PluginContext plugin) {
        for (TrainingMetric metric : TrainingMetric.values()) {
          plugin.metricRegistry().register(metric.key(), (Gauge<Double>) metric::value);
        }
      }
    };
  }

  /** For its logging alone: rank 0 tells the driver what each step gave. */
  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext plugin, Map<String, String> ignored) {
        // With a local master the driver is the executor.
        if (!plugin.executorID().equals("driver")) {
          ExecutorLogging.configure(
              LoggerContext.getContext(false),
              plugin.conf().getAppId() + "/" + plugin.executorID());
        }
      }
    };
  }
}

package io.densespark.sync.master;

import io.densespark.devices.GpuSettings;
import io.densespark.sync.SyncException;
import io.densespark.text.Text;
import java.time.Duration;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;

/** What replicas ask of Spark before they start; each refusal says what to set. */
public final class Preflight {

  private static final long GLANCE_MILLIS = 200;

  private static final List<String> ENCRYPTION =
      List.of("spark.network.crypto.enabled", "spark.authenticate.enableSaslEncryption");

  private Preflight() {}

  /**
   * Checks Spark's settings.
   *
   * @throws SyncException with {@link SyncException.Reason#PREFLIGHT} where replicas could not stay
   *     together
   */
  public static void requireSettings(JavaSparkContext spark) {
    SparkConf conf = spark.getConf();
    requireGpus(conf, false);
    if (conf.getBoolean("spark.dynamicAllocation.enabled", false)) {
      throw SyncException.refused(
          "replicas need executors that stay, but spark.dynamicAllocation.enabled is true: set"
              + " spark.dynamicAllocation.enabled=false");
    }
    if (conf.getBoolean("spark.speculation", false)) {
      throw SyncException.refused(
          "a replica must run once, but spark.speculation is true: set spark.speculation=false");
    }
  }

  /**
   * Checks what Spark is told of GPUs, which can be done before it starts: it would wait for some
   * of them without end.
   *
   * @param needed whether slots cannot do without
   * @throws SyncException with {@link SyncException.Reason#PREFLIGHT}
   */
  public static void requireGpus(SparkConf conf, boolean needed) {
    GpuSettings.refusal(conf, needed)
        .ifPresent(
            why -> {
              throw SyncException.refused(why);
            });
  }

  /**
   * Checks that nobody relies on encryption where DL4J's gradient sharing is to train: its replicas
   * exchange over UDP, in clear.
   *
   * @throws SyncException with {@link SyncException.Reason#PREFLIGHT}
   */
  public static void requirePlainNetwork(JavaSparkContext spark) {
    requirePlainNetwork(spark.getConf(), spark.isLocal());
  }

  static void requirePlainNetwork(SparkConf conf, boolean inOneProcess) {
    for (String setting : ENCRYPTION) {
      if (!inOneProcess && conf.getBoolean(setting, false)) {
        throw SyncException.refused(
            Text.format(
                "DL4J's gradient sharing does not encrypt what its replicas exchange, but %s is"
                    + " true: set sync.mode=gradient-sharing, whose replicas do, or, where the"
                    + " network below is trusted or encrypts, %s=false",
                setting, setting));
      }
    }
  }

  /** Whether Spark is to encrypt its network, and executors what they exchange beside it. */
  static boolean demandsEncryption(SparkConf conf) {
    return ENCRYPTION.stream().anyMatch(setting -> conf.getBoolean(setting, false));
  }

  /** Tasks that can run at the same time now. */
  public static int slots(JavaSparkContext spark) {
    SparkContext context = spark.sc();
    return context.maxNumConcurrentTasks(context.resourceProfileManager().defaultResourceProfile());
  }

  /**
   * Waits for slots: until there is one for each rank, or as many as are needed and no more have
   * come for a while. On one machine no more will come.
   *
   * @param least how many are needed
   * @param quiet how long to wait for further slots after the last one
   * @param timeout how long executors of a cluster may take to come at all
   * @return how many there are now; fewer than needed if they did not come
   */
  static int awaitSlots(
      JavaSparkContext spark, int least, int ranks, Duration quiet, Duration timeout) {
    long now = System.nanoTime();
    long deadline = now + (spark.isLocal() ? 0 : timeout.toNanos());
    long changed = now;
    int slots = slots(spark);
    while (slots < ranks && now < deadline && (slots < least || now - changed < quiet.toNanos())) {
      pause();
      now = System.nanoTime();
      int before = slots;
      slots = slots(spark);
      changed = slots == before ? changed : now;
    }
    return slots;
  }

  private static void pause() {
    try {
      Thread.sleep(GLANCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("stopped while waiting for executors", e);
    }
  }
}

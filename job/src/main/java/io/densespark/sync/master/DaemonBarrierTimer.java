package io.densespark.sync.master;

import java.lang.reflect.Field;
import java.util.Timer;
import org.apache.spark.BarrierTaskContext$;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Spark's timer of barrier tasks has a thread that is no daemon, and is never ended: a program that
 * ran such tasks on {@code local} would not end after its context has stopped (as of Spark 3.5).
 */
final class DaemonBarrierTimer {

  private static final Logger LOG = LoggerFactory.getLogger(DaemonBarrierTimer.class);
  private static final String FIELD = "org$apache$spark$BarrierTaskContext$$timer";

  private static boolean installed;

  private DaemonBarrierTimer() {}

  /** Puts a timer whose thread is a daemon in its place, once in a JVM. */
  static synchronized void install() {
    if (installed) {
      return;
    }
    installed = true;
    try {
      Field field = BarrierTaskContext$.class.getDeclaredField(FIELD);
      field.setAccessible(true);
      Timer sparks = (Timer) field.get(BarrierTaskContext$.MODULE$);
      field.set(BarrierTaskContext$.MODULE$, new Timer("barrier tasks", true));
      sparks.cancel();
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.debug("this Spark has no such timer", e);
    }
  }
}

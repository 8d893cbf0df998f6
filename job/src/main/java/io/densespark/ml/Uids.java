package io.densespark.ml;

import org.apache.spark.ml.util.Identifiable$;

/**
 * Names of stages. Spark's constructors already ask for the name of the stage that they are part
 * of, before a constructor in Java can keep the one it was given: it leaves it here first.
 */
final class Uids {

  private static final ThreadLocal<String> GIVEN = new ThreadLocal<>();

  private Uids() {}

  /** A name that nothing else has. */
  static String random(String prefix) {
    return Identifiable$.MODULE$.randomUID(prefix);
  }

  /** Keeps the name of the stage that this thread is making. */
  static String give(String uid) {
    GIVEN.set(uid);
    return uid;
  }

  /** The name that was kept. */
  static String take() {
    String uid = GIVEN.get();
    GIVEN.remove();
    return uid;
  }
}

package io.densespark.sync.master;

import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Spark within this process, for all tests of a class. */
public final class LocalSpark implements BeforeAllCallback, AfterAllCallback {

  private final int slots;
  private JavaSparkContext context;

  public LocalSpark(int slots) {
    this.slots = slots;
  }

  public JavaSparkContext context() {
    return context;
  }

  @Override
  public void beforeAll(ExtensionContext tests) {
    context = SyncNets.spark(slots);
  }

  @Override
  public void afterAll(ExtensionContext tests) {
    context.stop();
  }
}

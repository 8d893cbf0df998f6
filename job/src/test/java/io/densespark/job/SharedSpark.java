package io.densespark.job;

import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One Spark context for all jobs of a test class, in place of one for each. */
public final class SharedSpark implements BeforeAllCallback, AfterAllCallback {

  private SparkConnection connection;

  @Override
  public void beforeAll(ExtensionContext context) {
    connection = SparkConnection.open(new SmallJobs(Path.of("unused")).config("unused"));
  }

  @Override
  public void afterAll(ExtensionContext context) {
    connection.close();
  }
}

package io.densespark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class S3StoreIT extends S3Contract {

  @Override
  protected Store freshStore() throws Exception {
    return StoreServices.freshS3Store();
  }

  @Override
  protected Configuration settings() throws Exception {
    return StoreServices.s3Settings();
  }

  @Test
  @Timeout(180)
  void serverThatIsGoneIsReportedWithinBoundsAndWithoutCredentials() throws Exception {
    ServiceProcess own = StoreServices.startS3();
    try (Store store = StoreServices.s3Store(own)) {
      store.publish("before", Content.of(new byte[] {1}));
      own.kill();
      assertThatThrownBy(() -> store.publish("after", Content.of(new byte[] {1})))
          .isInstanceOf(StorageException.class)
          .satisfies(S3StoreIT::assertNoCredentials)
          .extracting(e -> ((StorageException) e).reason())
          .isEqualTo(StorageException.Reason.UNREACHABLE);
    } finally {
      own.kill();
    }
  }

  @Test
  void wrongCredentialsAreReportedAsDenied() throws Exception {
    Configuration settings = StoreServices.s3Settings();
    settings.set("fs.s3a.secret.key", "wrong");
    try (Store store = Store.open("s3a://densespark/ws", settings)) {
      assertThatThrownBy(store::checkWritable)
          .isInstanceOf(StorageException.class)
          .satisfies(S3StoreIT::assertNoCredentials)
          .hasMessageContaining("AWS_ACCESS_KEY_ID")
          .extracting(e -> ((StorageException) e).reason())
          .isEqualTo(StorageException.Reason.DENIED);
    }
  }

  @Test
  void missingBucketIsReportedAsMissing() throws Exception {
    try (Store store = Store.open("s3a://no-such-bucket/ws", StoreServices.s3Settings())) {
      assertThatThrownBy(store::checkWritable)
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("bucket");
    }
  }

  private static void assertNoCredentials(Throwable failure) {
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace));
    assertThat(trace.toString())
        .doesNotContain(StoreServices.S3_ACCESS_KEY, StoreServices.S3_SECRET_KEY);
  }
}

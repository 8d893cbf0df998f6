package io.densespark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class S3StoreIT extends StoreContract {

  @Override
  protected Store freshStore() throws Exception {
    return StoreServices.freshS3Store();
  }

  /** A check before the upload is all that S3A 3.3 offers. */
  @Override
  protected boolean refusesAtomically() {
    return false;
  }

  @Test
  void uploadInPartsIsReadBackAsWritten() throws Exception {
    byte[] content = new byte[12_000_000];
    new Random(2).nextBytes(content);
    try (Store store = freshStore()) {
      store.publish("large", Content.of(content));
      assertThat(store.read("large")).isEqualTo(content);
    }
  }

  @Test
  void uploadInPartsThatBreaksOffLeavesNothing() throws Exception {
    try (Store store = freshStore()) {
      assertThatThrownBy(
              () ->
                  store.publish(
                      "large",
                      out -> {
                        out.write(new byte[12_000_000]);
                        throw new IOException("broken off");
                      }))
          .isInstanceOf(StorageException.class);
      assertThat(store.exists("large")).isFalse();
    }
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

package io.densespark.storage;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class HdfsStoreIT extends StoreContract {

  @Override
  protected Store freshStore() throws Exception {
    return StoreServices.freshHdfsStore();
  }

  @Test
  @Timeout(120)
  void nameNodeThatIsGoneIsReportedWithinBounds() throws Exception {
    ServiceProcess own = StoreServices.startHdfs();
    try (Store store = Store.open(own.uri() + "/" + UUID.randomUUID(), new Configuration())) {
      store.publish("before", Content.of(new byte[] {1}));
      own.kill();
      assertThatThrownBy(() -> store.publish("after", Content.of(new byte[] {1})))
          .isInstanceOf(StorageException.class)
          .extracting(e -> ((StorageException) e).reason())
          .isEqualTo(StorageException.Reason.UNREACHABLE);
    } finally {
      own.kill();
    }
  }
}

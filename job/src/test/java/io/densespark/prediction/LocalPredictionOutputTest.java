package io.densespark.prediction;

import io.densespark.storage.Store;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.io.TempDir;

class LocalPredictionOutputTest extends PredictionOutputContract {

  @TempDir Path directory;

  @Override
  Store freshStore() {
    return Store.open(directory.toString(), new Configuration());
  }
}

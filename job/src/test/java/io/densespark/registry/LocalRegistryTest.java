package io.densespark.registry;

import io.densespark.storage.Store;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.io.TempDir;

class LocalRegistryTest extends RegistryContract {

  @TempDir Path directory;

  @Override
  protected Store freshStore() {
    return Store.open(directory.toString(), new Configuration());
  }
}

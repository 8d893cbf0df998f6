package io.densespark.checkpoint;

import static io.densespark.checkpoint.Checkpoints.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.storage.CountingFileSystem;
import io.densespark.storage.Store;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many files are read: each is a request to the store. */
class CheckpointReadsTest {

  @TempDir Path directory;
  private Store store;
  private CheckpointStore checkpoints;

  @BeforeEach
  void openStore() {
    Configuration settings = new Configuration();
    settings.setClass(CountingFileSystem.SETTING, CountingFileSystem.class, FileSystem.class);
    store = Store.open(CountingFileSystem.uri(directory), settings);
    checkpoints = new CheckpointStore(store, "checkpoints", 3, 1);
    for (int step = 1; step <= 3; step++) {
      checkpoints.save(at(step));
    }
    CountingFileSystem.forgetReads();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void loadingReadsTheNewestOnly() {
    checkpoints.loadLatest();

    assertThat(CountingFileSystem.reads())
        .isNotEmpty()
        .allSatisfy(file -> assertThat(file).contains("/step-0000000003-"));
  }

  @Test
  void savingReadsBackWhatItWroteOnly() {
    checkpoints.save(at(4));

    assertThat(CountingFileSystem.reads())
        .isNotEmpty()
        .allSatisfy(file -> assertThat(file).contains("/step-0000000004-"));
  }
}

package io.densespark.checkpoint;

import static io.densespark.checkpoint.Checkpoints.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.checkpoint.CheckpointStore.Whole;
import io.densespark.storage.Content;
import io.densespark.storage.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BackgroundCheckpointerTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir Path directory;
  private final Uploads uploads = new Uploads();
  private Store store;
  private CheckpointStore checkpoints;

  @BeforeEach
  void openStore() {
    store = Store.open(directory.toString(), new Configuration());
    checkpoints = new CheckpointStore(store, "checkpoints", 5, 1);
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void newestStateHandedOverIsAlwaysSaved() {
    try (BackgroundCheckpointer background =
        new BackgroundCheckpointer(checkpoints, LIMIT, uploads)) {
      for (int step = 1; step <= 50; step++) {
        background.save(at(step));
      }
    }
    assertThat(((Whole) checkpoints.loadLatest()).checkpoint().state().step()).isEqualTo(50);
    assertThat(uploads.saved).isSorted().endsWith(50);
  }

  @Test
  void evaluatedStatesAreNeverDropped() {
    try (BackgroundCheckpointer background =
        new BackgroundCheckpointer(checkpoints, LIMIT, uploads)) {
      background.save(at(1, 0.99));
      for (int step = 2; step <= 12; step++) {
        background.save(at(step, step == 3 ? 0.999 : 0.5));
      }
    }
    assertThat(store.list("checkpoints"))
        .extracting(entry -> Long.parseLong(entry.name().split("-")[1]))
        .containsExactly(3L, 8L, 9L, 10L, 11L, 12L);
  }

  @Test
  void failedUploadIsReportedByTheNextCallAndTrainingMayGoOn() throws IOException {
    // A file where the directory of checkpoints should be fails every save until it is gone.
    store.publish("checkpoints", Content.of(new byte[0]));
    BackgroundCheckpointer background = new BackgroundCheckpointer(checkpoints, LIMIT, uploads);
    background.save(at(10));
    assertThatThrownBy(background::close)
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("step 10");
    assertThat(uploads.failed).hasSize(1);
    Files.delete(directory.resolve("checkpoints"));
    try (BackgroundCheckpointer again = new BackgroundCheckpointer(checkpoints, LIMIT, uploads)) {
      again.save(at(20));
    }
    assertThat(((Whole) checkpoints.loadLatest()).checkpoint().state().step()).isEqualTo(20);
  }

  @Test
  void closeGivesUpAfterItsLimit() throws Exception {
    CountDownLatch released = new CountDownLatch(1);
    FaultlessHang.hold(released);
    Configuration settings = new Configuration();
    settings.setClass(
        "fs.hanging.impl", FaultlessHang.class, org.apache.hadoop.fs.FileSystem.class);
    try (Store hanging = Store.open("hanging://" + directory, settings)) {
      BackgroundCheckpointer background =
          new BackgroundCheckpointer(
              new CheckpointStore(hanging, "checkpoints", 1, 0), Duration.ofMillis(200), uploads);
      background.save(at(10));
      assertThatThrownBy(background::close)
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("was not saved within");
    } finally {
      released.countDown();
    }
  }

  @Test
  void whatComesAfterTheCloseIsRefused() {
    BackgroundCheckpointer background = new BackgroundCheckpointer(checkpoints, LIMIT, uploads);
    background.save(at(10));
    background.close();

    assertThatThrownBy(() -> background.save(at(20)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThat(background.offer(at(30))).isFalse();
    assertThat(uploads.saved).containsExactly(10);
  }

  /** No state may vanish: it is saved, or its caller learns that it is not. */
  @Test
  void whoeverSavesDuringTheCloseLearnsWhatBecameOfIt() throws Exception {
    for (int round = 0; round < 20; round++) {
      BackgroundCheckpointer background = new BackgroundCheckpointer(checkpoints, LIMIT, uploads);
      CountDownLatch began = new CountDownLatch(1);
      List<Integer> taken = new CopyOnWriteArrayList<>();
      Thread saving =
          new Thread(
              () -> {
                try {
                  for (int step = 1; ; step++) {
                    // Evaluated ones are never replaced by a newer one.
                    background.save(at(step, 0.5));
                    taken.add(step);
                    began.countDown();
                  }
                } catch (IllegalStateException closed) {
                  // As it should be.
                }
              });
      uploads.saved.clear();
      saving.start();
      began.await();
      background.close();
      saving.join();

      assertThat(uploads.saved).isEqualTo(taken);
    }
  }

  /** Remembers what became of uploads. */
  private static final class Uploads implements BackgroundCheckpointer.UploadListener {
    private final List<Integer> saved = new CopyOnWriteArrayList<>();
    private final List<String> failed = new CopyOnWriteArrayList<>();

    @Override
    public void onSaved(Checkpoint checkpoint, Duration took) {
      saved.add(checkpoint.state().step());
    }

    @Override
    public void onFailed(CheckpointException failure) {
      failed.add(failure.getMessage());
    }
  }

  /** A local file system whose directories are made only when released. */
  public static final class FaultlessHang extends org.apache.hadoop.fs.RawLocalFileSystem {
    private static volatile CountDownLatch latch;

    static void hold(CountDownLatch until) {
      latch = until;
    }

    @Override
    public java.net.URI getUri() {
      return java.net.URI.create("hanging:///");
    }

    @Override
    public boolean mkdirs(org.apache.hadoop.fs.Path path) throws IOException {
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new java.io.InterruptedIOException();
      }
      return super.mkdirs(path);
    }
  }
}

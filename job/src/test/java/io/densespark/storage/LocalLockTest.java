package io.densespark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalLockTest extends LockContract {

  private static final Duration SHORT = Duration.ofSeconds(3);

  @TempDir Path directory;

  @Override
  protected Store freshStore() {
    return Store.open(directory.toString(), new Configuration());
  }

  @Test
  void ownerThatDiedOnThisMachineIsReplacedAtOnce() throws Exception {
    Process gone = new ProcessBuilder("sleep", "60").start();
    ProcessIdentity here = ProcessIdentity.current();
    try (Store store = freshStore()) {
      // The id is in use, by a process that started at another time than the owner.
      leave(store, new ProcessIdentity(here.host(), here.system(), gone.pid(), 1), 3_600_000);
      take(store).close();

      leave(store, ProcessIdentity.of(gone.pid()), 3_600_000);
      assertThatThrownBy(() -> take(store)).isInstanceOf(LockHeldException.class);
      assertThat(StoreLock.seemsHeld(store, "model-a")).isTrue();

      gone.destroyForcibly().waitFor();
      assertThat(StoreLock.seemsHeld(store, "model-a")).isFalse();
      take(store).close();

      // A claim of this process that could not be removed when the lock was given back.
      leave(store, here, 3_600_000);
      take(store).close();
    } finally {
      gone.destroyForcibly();
    }
  }

  @Test
  void nothingIsWrittenUnderALockThatCouldNotBeRenewed() throws IOException {
    try (Store store = freshStore();
        StoreLock lock = take(store)) {
      Store guarded = store.guardedBy(lock);
      guarded.publish("before", Content.of(new byte[1]));
      blockClaims();

      assertThat(loss(lock))
          .isInstanceOf(LockLostException.class)
          .hasMessageContaining("not renewed");
      assertThatThrownBy(() -> guarded.replace("after", Content.of(new byte[1])))
          .isInstanceOf(LockLostException.class);
      assertThatThrownBy(() -> guarded.delete("before")).isInstanceOf(LockLostException.class);
      assertThat(store.exists("before")).isTrue();
      assertThat(store.exists("after")).isFalse();
    }
  }

  @Test
  void damagedClaimCountsUntilItEnds() throws IOException {
    try (Store store = freshStore()) {
      store.publish("locks/model-a/broken.json", Content.of(new byte[] {'{'}));
      assertThatThrownBy(() -> take(store))
          .isInstanceOf(LockHeldException.class)
          .hasMessageContaining("broken.json");

      Files.setLastModifiedTime(
          directory.resolve("locks/model-a/broken.json"),
          FileTime.from(Instant.now().minusSeconds(10)));
      take(store).close();
    }
  }

  @Test
  void workspaceThatWasRemovedIsNotMadeAgainByItsLock() throws IOException {
    try (Store store = freshStore();
        StoreLock lock = take(store)) {
      assertThat(FileUtil.fullyDelete(directory.toFile())).isTrue();

      assertThat(loss(lock))
          .isInstanceOf(LockLostException.class)
          .hasStackTraceContaining("removed");
    }
    assertThat(directory).doesNotExist();
  }

  private static Throwable loss(StoreLock lock) {
    Instant deadline = Instant.now().plusSeconds(50);
    Throwable lost = null;
    while (lost == null) {
      assertThat(Instant.now()).as("lost in time").isBefore(deadline);
      lost = catchThrowable(lock::requireHeld);
    }
    return lost;
  }

  private static StoreLock take(Store store) {
    return StoreLock.acquire(store, "model-a", "a test", SHORT, Duration.ZERO);
  }

  /** A file where the directory was, which stops a superuser as well. */
  private void blockClaims() throws IOException {
    Path claims = directory.resolve("locks/model-a");
    Files.move(claims, directory.resolve("locks/aside"));
    Files.writeString(claims, "in the way");
  }
}

package io.densespark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.densespark.storage.StorageException.Reason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store promises; run against each kind of file system. */
public abstract class StoreContract {

  private Store store;

  /** A store on a workspace that nobody has used. */
  protected abstract Store freshStore() throws Exception;

  @BeforeEach
  void openStore() throws Exception {
    store = freshStore();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void publishedFileIsReadBackAsWritten() throws IOException {
    byte[] content = new byte[3_000_001];
    new Random(1).nextBytes(content);
    store.publish("runs/a/model.zip", Content.of(content));
    assertThat(store.read("runs/a/model.zip")).isEqualTo(content);
    try (InputStream in = store.open("runs/a/model.zip")) {
      assertThat(in.readAllBytes()).isEqualTo(content);
    }
  }

  @Test
  void emptyFileIsAFile() {
    store.publish("empty", Content.of(new byte[0]));
    assertThat(store.exists("empty")).isTrue();
    assertThat(store.read("empty")).isEmpty();
  }

  @Test
  void contentMayCloseItsStream() {
    store.publish(
        "closed",
        out -> {
          try (out) {
            out.write(text("whole"));
          }
        });
    assertThat(store.read("closed")).isEqualTo(text("whole"));
  }

  @Test
  void publishRefusesATakenNameAndLeavesTheFile() {
    store.publish("a/b", Content.of(text("first")));
    assertThatThrownBy(() -> store.publish("a/b", Content.of(text("second"))))
        .asInstanceOf(type(StorageException.class))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.EXISTS))
        .satisfies(e -> assertThat(e).hasMessageContaining("a/b"));
    assertThat(store.read("a/b")).isEqualTo(text("first"));
  }

  @Test
  void replaceOverwrites() {
    store.replace("status.json", Content.of(text("a longer first version")));
    store.replace("status.json", Content.of(text("second")));
    assertThat(store.read("status.json")).isEqualTo(text("second"));
  }

  @Test
  void failedContentLeavesNothingBehind() {
    assertThatThrownBy(() -> store.publish("dir/new", failingAfter(200_000)))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("broken off");
    assertThat(store.exists("dir/new")).isFalse();
    assertThat(store.list("dir")).isEmpty();
  }

  @Test
  void failedReplacementLeavesTheOldFile() {
    store.replace("status.json", Content.of(text("old")));
    assertThatThrownBy(() -> store.replace("status.json", failingAfter(200_000)))
        .isInstanceOf(StorageException.class);
    assertThat(store.read("status.json")).isEqualTo(text("old"));
  }

  @Test
  void fileUnderWayIsInvisible() {
    store.publish(
        "dir/slow",
        out -> {
          out.write(new byte[100_000]);
          out.flush();
          assertThat(store.exists("dir/slow")).isFalse();
          assertThat(store.list("dir")).isEmpty();
          out.write(new byte[100_000]);
        });
    assertThat(store.list("dir")).extracting(StoreEntry::bytes).containsExactly(200_000L);
  }

  @Test
  void readersOfAReplacedFileSeeOneVersionOrTheOther() throws Exception {
    store.replace("changing", Content.of(uniform(0)));
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService readers = Executors.newSingleThreadExecutor();
    try {
      Future<Integer> reads =
          readers.submit(
              () -> {
                int count = 0;
                while (!done.get() || count == 0) {
                  byte[] seen = store.read("changing");
                  assertThat(seen).isEqualTo(uniform(seen[0]));
                  count++;
                }
                return count;
              });
      for (int version = 1; version <= 20; version++) {
        store.replace("changing", Content.of(uniform(version)));
      }
      done.set(true);
      assertThat(reads.get(60, TimeUnit.SECONDS)).isPositive();
    } finally {
      readers.shutdownNow();
    }
  }

  @Test
  void listsFilesAndDirectoriesByName() {
    store.publish("top/b.json", Content.of(text("bb")));
    store.publish("top/a.json", Content.of(text("a")));
    store.publish("top/sub/deep/c.json", Content.of(text("c")));
    assertThat(store.list("top"))
        .extracting(StoreEntry::path, StoreEntry::name, StoreEntry::directory, StoreEntry::bytes)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("top/a.json", "a.json", false, 1L),
            org.assertj.core.groups.Tuple.tuple("top/b.json", "b.json", false, 2L),
            org.assertj.core.groups.Tuple.tuple("top/sub", "sub", true, 0L));
  }

  @Test
  void missingDirectoryListsAsEmpty() {
    assertThat(store.list("nowhere")).isEmpty();
    assertThat(store.exists("nowhere")).isFalse();
  }

  @Test
  void missingFileIsNamed() {
    assertThatThrownBy(() -> store.read("runs/none/status.json"))
        .asInstanceOf(type(StorageException.class))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.MISSING))
        .satisfies(e -> assertThat(e).hasMessageContaining(store.uri("runs/none/status.json")));
  }

  @Test
  void deletesFilesAndWholeDirectoriesAndIgnoresWhatIsNotThere() {
    store.publish("d/one", Content.of(text("1")));
    store.publish("d/e/two", Content.of(text("2")));
    store.delete("d/one");
    assertThat(store.exists("d/one")).isFalse();
    store.delete("d");
    assertThat(store.exists("d/e/two")).isFalse();
    store.delete("d");
  }

  @Test
  void deletedNameMayBePublishedAgain() {
    store.publish("x", Content.of(text("1")));
    store.delete("x");
    store.publish("x", Content.of(text("2")));
    assertThat(store.read("x")).isEqualTo(text("2"));
  }

  @Test
  void writableCheckLeavesNothing() {
    store.publish("keep/this", Content.of(text("1")));
    store.checkWritable();
    assertThat(store.list("")).extracting(StoreEntry::path).containsExactly("keep");
  }

  @Test
  void storeTravelsWithATask() throws Exception {
    store.publish("shared", Content.of(text("from the driver")));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(store);
    }
    try (ObjectInputStream in =
            new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()));
        Store received = (Store) in.readObject()) {
      assertThat(received.read("shared")).isEqualTo(text("from the driver"));
    }
  }

  @Test
  void onlyOneOfSeveralPublishersOfOneNameSucceedsWhereTheStoreCanTell() throws Exception {
    int writers = 8;
    ExecutorService pool = Executors.newFixedThreadPool(writers);
    try {
      List<Future<Boolean>> attempts = new ArrayList<>();
      for (int writer = 0; writer < writers; writer++) {
        byte[] content = uniform(writer);
        attempts.add(pool.submit(() -> publishes("lock", content)));
      }
      int successes = 0;
      for (Future<Boolean> attempt : attempts) {
        successes += attempt.get(60, TimeUnit.SECONDS) ? 1 : 0;
      }
      if (refusesAtomically()) {
        assertThat(successes).isEqualTo(1);
      } else {
        assertThat(successes).isPositive();
      }
      byte[] winner = store.read("lock");
      assertThat(winner).isEqualTo(uniform(winner[0]));
    } finally {
      pool.shutdownNow();
    }
  }

  /** Whether of two publishers in the same moment one is refused. */
  protected boolean refusesAtomically() {
    return true;
  }

  private boolean publishes(String path, byte[] content) {
    try {
      store.publish(path, Content.of(content));
      return true;
    } catch (StorageException e) {
      assertThat(e.reason()).isEqualTo(Reason.EXISTS);
      return false;
    }
  }

  private static Content failingAfter(int bytes) {
    return out -> {
      out.write(new byte[bytes]);
      throw new IOException("broken off");
    };
  }

  private static byte[] uniform(int value) {
    byte[] bytes = new byte[50_000];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

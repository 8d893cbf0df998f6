package io.densespark.checkpoint;

import static io.densespark.checkpoint.Checkpoints.assertSame;
import static io.densespark.checkpoint.Checkpoints.at;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.densespark.checkpoint.CheckpointStore.Nothing;
import io.densespark.checkpoint.CheckpointStore.Restored;
import io.densespark.checkpoint.CheckpointStore.Skipped;
import io.densespark.checkpoint.CheckpointStore.Whole;
import io.densespark.storage.Content;
import io.densespark.storage.Store;
import io.densespark.storage.StoreEntry;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What checkpoints promise on every store. */
public abstract class CheckpointContract {

  private static final String DIRECTORY = "runs/a/checkpoints";

  private Store store;
  private CheckpointStore checkpoints;

  /** A store on a workspace that nobody has used. */
  protected abstract Store freshStore() throws Exception;

  @BeforeEach
  void openStore() throws Exception {
    store = freshStore();
    checkpoints = new CheckpointStore(store, DIRECTORY, 3, 1);
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void emptyDirectoryHoldsNothing() {
    assertThat(checkpoints.loadLatest()).isEqualTo(new Nothing(List.of()));
  }

  @Test
  void newestIsRestoredBitForBit() {
    checkpoints.save(at(9));
    String path = checkpoints.save(at(10));
    Whole whole = whole(checkpoints.loadLatest());
    assertThat(whole.path()).isEqualTo(path);
    assertThat(whole.skipped()).isEmpty();
    assertSame(whole.checkpoint(), at(10));
  }

  @Test
  void sameStepMayBeSavedAgain() {
    checkpoints.save(at(10));
    checkpoints.save(at(10));
    assertSame(whole(checkpoints.loadLatest()).checkpoint(), at(10));
  }

  @Test
  void truncatedFileIsSkippedAndNamed() {
    assertFallsBack(
        path -> {
          byte[] content = store.read(path + "/parameters.f32");
          overwrite(path + "/parameters.f32", Arrays.copyOf(content, content.length - 1));
        },
        "parameters.f32: truncated to 280003 of 280004 bytes");
  }

  @Test
  void longerFileIsSkippedAndNamed() {
    assertFallsBack(
        path -> {
          byte[] content = store.read(path + "/updater.f32");
          overwrite(path + "/updater.f32", Arrays.copyOf(content, content.length + 1));
        },
        "updater.f32: longer than its 16 bytes");
  }

  @Test
  void flippedBitIsSkippedAndNamed() {
    assertFallsBack(
        path -> {
          byte[] content = store.read(path + "/extra-rank-0");
          content[501] ^= 1;
          overwrite(path + "/extra-rank-0", content);
        },
        "extra-rank-0: SHA-256");
  }

  @Test
  void missingFileIsSkippedAndNamed() {
    assertFallsBack(path -> store.delete(path + "/updater.f32"), "updater.f32 is missing");
  }

  @Test
  void unfinishedUploadIsSkippedAndNamed() {
    assertFallsBack(path -> store.delete(path + "/manifest.json"), "upload never finished");
  }

  @Test
  void changedNumberInTheManifestIsSkippedAndNamed() {
    assertFallsBack(
        path -> {
          String manifest = new String(store.read(path + "/manifest.json"), UTF_8);
          String changed = manifest.replace("\"step\" : 20", "\"step\" : 21");
          assertThat(changed).isNotEqualTo(manifest);
          overwrite(path + "/manifest.json", changed.getBytes(UTF_8));
        },
        "manifest.json: its content does not have the SHA-256");
  }

  @Test
  void checkpointOfAnotherVersionIsSkippedAndNamed() {
    assertFallsBack(
        path -> {
          String manifest = new String(store.read(path + "/manifest.json"), UTF_8);
          overwrite(
              path + "/manifest.json",
              manifest.replace("\"format\" : 2", "\"format\" : 3").getBytes(UTF_8));
        },
        "format 3, this version of the program reads format 2");
  }

  @Test
  void severalDamagedOnesAreAllNamed() {
    checkpoints.save(at(10));
    String second = checkpoints.save(at(20));
    String third = checkpoints.save(at(30));
    store.delete(second + "/updater.f32");
    store.delete(third + "/parameters.f32");
    Whole whole = whole(checkpoints.loadLatest());
    assertSame(whole.checkpoint(), at(10));
    assertThat(whole.skipped())
        .containsExactly(
            new Skipped(third, "parameters.f32 is missing"),
            new Skipped(second, "updater.f32 is missing"));
  }

  @Test
  void runWhoseEveryCheckpointIsDamagedDoesNotStartOverSilently() {
    String only = checkpoints.save(at(10));
    store.delete(only + "/parameters.f32");
    assertThatThrownBy(checkpoints::loadLatest)
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("parameters.f32 is missing")
        .hasMessageContaining("--fresh");
  }

  @Test
  void runKilledInItsFirstUploadStartsOverAndNamesIt() {
    String only = checkpoints.save(at(10));
    store.delete(only + "/manifest.json");
    assertThat(checkpoints.loadLatest().skipped()).extracting(Skipped::path).containsExactly(only);
    assertThat(checkpoints.loadLatest()).isInstanceOf(Nothing.class);
  }

  @Test
  void lastOnesAndTheBestAreKept() {
    double[] accuracies = {0.5, 0.9, 0.7, Double.NaN, 0.6, 0.8};
    for (int i = 0; i < accuracies.length; i++) {
      checkpoints.save(at(i + 1, accuracies[i]));
    }
    assertThat(stepsKept()).containsExactly(2L, 4L, 5L, 6L);
  }

  @Test
  void retentionRemovesUnfinishedUploadsOfThePast() {
    String first = checkpoints.save(at(1));
    store.delete(first + "/manifest.json");
    // The process that went on.
    new CheckpointStore(store, DIRECTORY, 3, 1).save(at(2));
    assertThat(stepsKept()).containsExactly(2L);
  }

  @Test
  void savingLessThanIsThereKeepsTheNewOne() {
    // After a fall-back an older step is saved while later directories are still there.
    CheckpointStore one = new CheckpointStore(store, DIRECTORY, 1, 0);
    String later = one.save(at(20));
    store.delete(later + "/updater.f32");
    one.save(at(15));
    assertSame(whole(one.loadLatest()).checkpoint(), at(15));
  }

  /** Damages the newest of two checkpoints. */
  interface Damage {
    void to(String path);
  }

  final void assertFallsBack(Damage damage, String reason) {
    checkpoints.save(at(10));
    String newest = checkpoints.save(at(20));
    damage.to(newest);
    Whole whole = whole(checkpoints.loadLatest());
    assertSame(whole.checkpoint(), at(10));
    assertThat(whole.skipped()).hasSize(1);
    assertThat(whole.skipped().get(0).path()).isEqualTo(newest);
    assertThat(whole.skipped().get(0).reason()).contains(reason);
  }

  private void overwrite(String path, byte[] content) {
    store.replace(path, Content.of(content));
  }

  private List<Long> stepsKept() {
    return store.list(DIRECTORY).stream()
        .map(StoreEntry::name)
        .map(name -> Long.parseLong(name.split("-")[1]))
        .toList();
  }

  private static Whole whole(Restored restored) {
    assertThat(restored).asInstanceOf(type(Whole.class)).isNotNull();
    return (Whole) restored;
  }
}

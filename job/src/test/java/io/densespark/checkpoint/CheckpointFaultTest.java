package io.densespark.checkpoint;

import static io.densespark.checkpoint.Checkpoints.assertSame;
import static io.densespark.checkpoint.Checkpoints.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.checkpoint.CheckpointStore.Whole;
import io.densespark.checkpoint.FaultyFileSystem.Fault;
import io.densespark.checkpoint.FaultyFileSystem.Killed;
import io.densespark.storage.StorageException;
import io.densespark.storage.Store;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Fails every single change that a save makes, in turn. */
class CheckpointFaultTest {

  private static final String DIRECTORY = "checkpoints";

  @TempDir Path directory;

  @AfterEach
  void disarm() {
    FaultyFileSystem.disarm();
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void whateverOperationFailsAWholeCheckpointIsFound(Fault fault) {
    int operation = 1;
    boolean struck = true;
    while (struck) {
      Path workspace = directory.resolve("after-" + operation);
      struck = saveWithFault(workspace, fault, operation);
      operation++;
    }
    // Two data files, two extras and a manifest, each of at least mkdirs, create, write, sync,
    // close, delete.
    assertThat(operation).isGreaterThan(25);
  }

  /** With a retention of one, so that deleting the earlier checkpoint is among the operations. */
  private static boolean saveWithFault(Path workspace, Fault fault, int operation) {
    try (Store plain = Store.open(workspace.toString(), new Configuration());
        Store faulty = Store.open("faulty://" + workspace, faultySettings())) {
      CheckpointStore before = new CheckpointStore(plain, DIRECTORY, 1, 0);
      before.save(at(10));

      boolean saved;
      FaultyFileSystem.arm(fault, operation);
      try {
        new CheckpointStore(faulty, DIRECTORY, 1, 0).save(at(20));
        saved = true;
      } catch (StorageException | Killed e) {
        saved = false;
      }
      boolean struck = FaultyFileSystem.struck();
      FaultyFileSystem.disarm();
      assertThat(saved || struck).as("fails only by the fault").isTrue();

      Whole found = (Whole) before.loadLatest();
      assertThat(found.checkpoint().state().step())
          .isIn(saved ? new Integer[] {20} : new Integer[] {10, 20});
      assertSame(found.checkpoint(), at(found.checkpoint().state().step()));

      // What was left behind does not stand in the way of going on.
      before.save(at(30));
      assertSame(((Whole) before.loadLatest()).checkpoint(), at(30));
      assertThat(plain.list(DIRECTORY)).hasSize(1);
      return struck;
    }
  }

  private static Configuration faultySettings() {
    Configuration settings = new Configuration();
    settings.setClass(
        "fs.faulty.impl", FaultyFileSystem.class, org.apache.hadoop.fs.FileSystem.class);
    return settings;
  }
}

package io.densespark.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.checkpoint.CheckpointStore.Restored;
import io.densespark.checkpoint.CheckpointStore.Whole;
import io.densespark.storage.Content;
import io.densespark.storage.Store;
import io.densespark.storage.StoreEntry;
import io.densespark.train.RankState;
import io.densespark.train.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import org.apache.hadoop.conf.Configuration;

class CheckpointProperties {

  private Path directory;
  private Store store;
  private CheckpointStore checkpoints;

  @BeforeTry
  void openStore() throws IOException {
    directory = Files.createTempDirectory("checkpoint-properties");
    store = Store.open(directory.toString(), new Configuration());
    checkpoints = new CheckpointStore(store, "checkpoints", 2, 1);
  }

  @AfterTry
  void deleteStore() throws IOException {
    store.close();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Property(tries = 60)
  void everyStateComesBackBitForBit(
      @ForAll @Size(max = 40) int[] parameterBits,
      @ForAll @Size(max = 40) int[] updaterBits,
      @ForAll @Size(max = 40) int[] residualBits,
      @ForAll @DoubleRange(max = 1) double accuracy) {
    Checkpoint saved =
        checkpoint(floats(parameterBits), floats(updaterBits), floats(residualBits), accuracy);
    checkpoints.save(saved);
    Checkpoints.assertSame(((Whole) checkpoints.loadLatest()).checkpoint(), saved);
  }

  @Property(tries = 150)
  void noFlippedBitIsTakenForTheNewest(
      @ForAll @DoubleRange(max = 1) double where,
      @ForAll @IntRange(max = 7) int bit,
      @ForAll @IntRange(max = 4) int file) {
    Checkpoint older = checkpoint(new float[] {1, 2}, new float[] {3}, new float[] {4}, 0.5);
    Checkpoint newer = checkpoint(new float[] {5, 6}, new float[] {7}, new float[] {8}, 0.75);
    checkpoints.save(older);
    String path = checkpoints.save(newer);
    List<StoreEntry> files = store.list(path);
    assertThat(files).hasSize(5);
    String chosen = files.get(file).path();
    byte[] content = store.read(chosen);
    content[(int) (where * (content.length - 1))] ^= (byte) (1 << bit);
    store.replace(chosen, Content.of(content));

    Restored restored = checkpoints.loadLatest();
    // Only what carries no meaning may change unnoticed, as white space in the manifest.
    Checkpoints.assertSame(
        ((Whole) restored).checkpoint(), restored.skipped().isEmpty() ? newer : older);
    assertThat(restored.skipped().isEmpty() && !chosen.endsWith("manifest.json")).isFalse();
  }

  private static Checkpoint checkpoint(
      float[] parameters, float[] updater, float[] residual, double accuracy) {
    TrainingState state =
        new TrainingState(
            1,
            7,
            parameters,
            updater,
            List.of(new RankState(residual)),
            List.of(Checkpoints.step(7, accuracy)));
    return new Checkpoint(state, 3, "hash", accuracy, accuracy);
  }

  private static float[] floats(int[] bits) {
    float[] values = new float[bits.length];
    for (int i = 0; i < bits.length; i++) {
      values[i] = Float.intBitsToFloat(bits[i]);
    }
    return values;
  }
}

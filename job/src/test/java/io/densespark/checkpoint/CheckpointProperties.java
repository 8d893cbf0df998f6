package io.densespark.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.checkpoint.CheckpointStore.Restored;
import io.densespark.checkpoint.CheckpointStore.Whole;
import io.densespark.storage.Content;
import io.densespark.storage.Store;
import io.densespark.storage.StoreEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
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
      @ForAll byte[] extra,
      @ForAll double bestAccuracy,
      @ForAll long seed) {
    TrainingState state =
        state(floats(parameterBits), floats(updaterBits), extra, bestAccuracy, seed);
    checkpoints.save(state, bestAccuracy);
    TrainingStates.assertSame(((Whole) checkpoints.loadLatest()).state(), state);
  }

  @Property(tries = 150)
  void noFlippedBitIsTakenForTheNewest(
      @ForAll @DoubleRange(max = 1) double where,
      @ForAll @IntRange(max = 7) int bit,
      @ForAll @IntRange(max = 3) int file) {
    TrainingState older = state(new float[] {1, 2}, new float[] {3}, new byte[] {4}, 0.5, 1);
    TrainingState newer = state(new float[] {5, 6}, new float[] {7}, new byte[] {8}, 0.75, 2);
    checkpoints.save(older, 0.5);
    String path = checkpoints.save(newer, 0.75);
    List<StoreEntry> files = store.list(path);
    assertThat(files).hasSize(4);
    String chosen = files.get(file).path();
    byte[] content = store.read(chosen);
    content[(int) (where * (content.length - 1))] ^= (byte) (1 << bit);
    store.replace(chosen, Content.of(content));

    Restored restored = checkpoints.loadLatest();
    // Only what carries no meaning may change unnoticed, as white space in the manifest.
    TrainingStates.assertSame(
        ((Whole) restored).state(), restored.skipped().isEmpty() ? newer : older);
    assertThat(restored.skipped().isEmpty() && !chosen.endsWith("manifest.json")).isFalse();
  }

  /** NaN is kept, infinities are not accuracies. */
  private static TrainingState state(
      float[] parameters, float[] updater, byte[] extra, double bestAccuracy, long seed) {
    return new TrainingState(
        parameters,
        updater,
        7,
        1,
        2,
        Map.of("train", seed),
        "parameter-averaging",
        3,
        "hash",
        Double.isInfinite(bestAccuracy) ? Double.NaN : bestAccuracy,
        Map.of("x", extra));
  }

  private static float[] floats(int[] bits) {
    float[] values = new float[bits.length];
    for (int i = 0; i < bits.length; i++) {
      values[i] = Float.intBitsToFloat(bits[i]);
    }
    return values;
  }
}

package io.densespark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ShardAssignmentTest {

  @Property
  void everyExampleIsVisitedExactlyOncePerEpoch(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 20) int worldSize,
      @ForAll @IntRange(max = 300) int more,
      @ForAll @IntRange(max = 1000) int epoch) {
    int count = worldSize + more;
    int[] visits = new int[count];
    for (int rank = 0; rank < worldSize; rank++) {
      ShardAssignment shard = ShardAssignment.of(seed, rank, worldSize, count);
      assertThat(shard.size()).isBetween(count / worldSize, (count + worldSize - 1) / worldSize);
      int[] examples = shard.examples();
      for (int row : shard.order(epoch)) {
        visits[examples[row]]++;
      }
    }
    assertThat(visits).containsOnly(1);
  }

  @Property(tries = 50)
  void isAFunctionOfItsArguments(@ForAll long seed, @ForAll @IntRange(max = 3) int rank) {
    ShardAssignment once = ShardAssignment.of(seed, rank, 4, 100);
    ShardAssignment again = ShardAssignment.of(seed, rank, 4, 100);
    assertThat(again.examples()).isEqualTo(once.examples());
    assertThat(again.order(5)).isEqualTo(once.order(5));
  }

  /**
   * Pins the documented algorithm, computed outside Java: a resumed run must see what the
   * interrupted one saw, on any version.
   */
  @Test
  void neverChanges() {
    ShardAssignment shard = ShardAssignment.of(42, 1, 3, 20);
    assertThat(shard.examples()).containsExactly(4, 16, 18, 7, 13, 12, 19);
    assertThat(shard.order(0)).containsExactly(0, 1, 6, 5, 2, 4, 3);
    assertThat(shard.order(1)).containsExactly(3, 6, 4, 0, 1, 5, 2);
  }

  @Test
  void dependsOnSeedEpochRankAndWorldSize() {
    ShardAssignment shard = ShardAssignment.of(1, 0, 2, 200);
    assertThat(ShardAssignment.of(2, 0, 2, 200).examples()).isNotEqualTo(shard.examples());
    assertThat(ShardAssignment.of(2, 0, 2, 200).order(0)).isNotEqualTo(shard.order(0));
    assertThat(ShardAssignment.of(1, 1, 2, 200).order(0)).isNotEqualTo(shard.order(0));
    assertThat(ShardAssignment.of(1, 0, 4, 400).order(0)).isNotEqualTo(shard.order(0));
    assertThat(shard.order(1)).isNotEqualTo(shard.order(0));
  }

  @Test
  void mixesTheDataSet() {
    int[] sorted = ShardAssignment.of(1, 0, 2, 1000).examples();
    assertThat(sorted).isNotEqualTo(IntStream.range(0, 500).toArray());
    assertThat(Arrays.stream(sorted).average().orElseThrow()).isBetween(450.0, 550.0);
  }

  @Test
  void refusesMoreReplicasThanImages() {
    assertThatThrownBy(() -> ShardAssignment.of(1, 0, 11, 10))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("11 replicas", "10 images", "sync.replicas");
  }

  @Test
  void refusesARankOutsideTheWorld() {
    assertThatThrownBy(() -> ShardAssignment.of(1, 2, 2, 10)).hasMessageContaining("2 of 2");
    assertThatThrownBy(() -> ShardAssignment.of(1, -1, 2, 10)).hasMessageContaining("-1 of 2");
  }
}

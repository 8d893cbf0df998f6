package io.densespark.sync.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.data.DataException;
import io.densespark.sync.master.LocalSpark;
import io.densespark.sync.master.SyncNets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.storage.RDDBlockId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.dataset.DataSet;

/** Shards whose blocks are lost. */
class ShardBlocksTest {

  @RegisterExtension static final LocalSpark SPARK = new LocalSpark(2);

  /** Which parts have been computed, in this process. */
  private static final Set<Integer> COMPUTED = ConcurrentHashMap.newKeySet();

  @ParameterizedTest(name = "{0} replicas")
  @ValueSource(ints = {2, 4})
  void areComputedAgain(int replicas) {
    JavaRDD<DataSet> data = SPARK.context().parallelize(SyncNets.shards(20, 20, 20, 20), 4);
    try (ShardBlocks shards = new ShardBlocks(data, replicas)) {
      shards.restore();
      loseAll(shards, replicas);

      shards.restore();

      assertThat(ShardBlocks.read(shards.rdd(), 1).size()).isEqualTo(80 / replicas);
    }
  }

  @Test
  void areRefusedWhereTheRddIsComputedToSomethingElse() {
    COMPUTED.clear();
    JavaRDD<DataSet> data =
        SPARK.context().parallelize(List.of(0, 1, 2, 3), 4).map(ShardBlocksTest::another);
    try (ShardBlocks shards = new ShardBlocks(data, 4)) {
      shards.restore();
      loseAll(shards, 4);

      assertThatThrownBy(shards::restore)
          .isInstanceOf(DataException.class)
          .hasMessageContaining("checkpoint the RDD");
    }
  }

  private static void loseAll(ShardBlocks shards, int replicas) {
    for (int rank = 0; rank < replicas; rank++) {
      SparkEnv.get().blockManager().removeBlock(new RDDBlockId(shards.rdd(), rank), true);
    }
    assertThatThrownBy(() -> ShardBlocks.read(shards.rdd(), 1))
        .isInstanceOf(ShardBlocks.MissingShardException.class);
  }

  private static DataSet another(int part) {
    DataSet data = SyncNets.shards(20, 20, 20, 20).get(part);
    if (!COMPUTED.add(part)) {
      data.getFeatures().muli(-1);
    }
    return data;
  }
}

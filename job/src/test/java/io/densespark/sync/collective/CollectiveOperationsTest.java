package io.densespark.sync.collective;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.sync.collective.Ranks.Transport;
import io.densespark.sync.links.FrameHeader;
import io.densespark.sync.tree.Companions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Operations of all kinds, one after another, and what they cost. */
class CollectiveOperationsTest {

  @ParameterizedTest
  @EnumSource(Transport.class)
  void directBuffersKeepTheirPositionAndWhatLiesOutside(Transport transport) {
    Ranks.run(
        transport,
        3,
        collective -> {
          FloatBuffer values =
              ByteBuffer.allocateDirect(4 * 12).order(ByteOrder.nativeOrder()).asFloatBuffer();
          for (int i = 0; i < 12; i++) {
            values.put(i, i);
          }
          values.position(2).limit(11);
          Ranks.sum(collective, values);
          assertThat(values.position()).isEqualTo(2);
          assertThat(values.limit()).isEqualTo(11);
          values.clear();
          for (int i = 0; i < 12; i++) {
            assertThat(values.get(i)).isEqualTo(i < 2 || i >= 11 ? i : 3f * i);
          }
          return null;
        });
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void doesNotDependOnWhoComesFirst(Transport transport) {
    float[][] inputs = Vectors.nasty(4, 10_000, 7);
    List<int[]> results = new ArrayList<>();
    for (int late = 0; late < 4; late++) {
      int lateRank = late;
      results.addAll(
          Ranks.run(
              transport,
              4,
              collective -> {
                if (collective.slot() == lateRank) {
                  Thread.sleep(30);
                }
                float[] values = inputs[collective.slot()].clone();
                Ranks.sum(collective, values, 0, values.length);
                return Vectors.bits(values);
              }));
    }
    assertThat(results).allSatisfy(result -> assertThat(result).isEqualTo(results.get(0)));
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void mixedOperationsOfChangingLengthsFollowEachOther(Transport transport) {
    Ranks.run(
        transport,
        3,
        collective -> {
          for (int step = 0; step < 50; step++) {
            collective.beginStep(step);
            float[] values = new float[step * 331 % 7000];
            Arrays.fill(values, collective.slot() + step);
            Ranks.sum(collective, values, 0, values.length);
            for (float value : values) {
              assertThat(value).isEqualTo(3f * step + 3);
            }
            byte[][] all = collective.allGather(new byte[] {(byte) collective.slot()});
            assertThat(all).isDeepEqualTo(new byte[][] {{0}, {1}, {2}});
            collective.barrier();
          }
          return null;
        });
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void gathersBytesOfAnyLengthByRank(Transport transport) {
    List<byte[][]> results =
        Ranks.run(
            transport,
            4,
            collective -> {
              byte[] mine = new byte[collective.slot() * 100_000];
              Arrays.fill(mine, (byte) (collective.slot() + 1));
              return collective.allGather(mine);
            });
    for (byte[][] all : results) {
      for (int rank = 0; rank < 4; rank++) {
        byte[] sent = new byte[rank * 100_000];
        Arrays.fill(sent, (byte) (rank + 1));
        assertThat(all[rank]).isEqualTo(sent);
      }
    }
  }

  @Test
  void sendsAsManyBytesAsARing() {
    int length = 100_000;
    List<CollectiveStats> costs =
        Ranks.run(
            Transport.TCP,
            4,
            collective -> {
              collective.barrier();
              CollectiveStats before = collective.stats();
              Ranks.sum(collective, new float[length], 0, length);
              return collective.stats().since(before);
            });
    long ring = 2L * 3 * (length / 4) * Float.BYTES;
    long headers = 2L * 3 * FrameHeader.BYTES + 3 * Companions.BYTES;
    assertThat(costs)
        .allSatisfy(
            cost -> {
              assertThat(cost.bytesSent()).isEqualTo(ring + headers);
              assertThat(cost.waitNanos()).isNotNegative();
            });
  }

  @Test
  void slotsOfAnExecutorMayCloseAtTheSameMoment() {
    for (int round = 0; round < 300; round++) {
      AtomicInteger there = new AtomicInteger();
      Ranks.run(
          Transport.BOTH,
          3,
          collective -> {
            collective.barrier();
            if (collective.slot() > 0) {
              there.incrementAndGet();
              while (there.get() < 2) {
                Thread.onSpinWait();
              }
            }
            return null;
          });
    }
  }
}

package io.densespark.sync.collective;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.sync.collective.Ranks.Transport;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class CollectiveSoakTest {
  private static final int ROUNDS = 4_000;

  @Test
  void thousandsOfSmallSumsLeaveThreadsAndNativeMemoryFlat() {
    // What earlier tests of this process left behind must not be freed between the two looks.
    System.gc();
    Ranks.run(
        Transport.TCP,
        3,
        collective -> {
          float[] values = new float[1_000];
          // The first barrier takes memory for its frames.
          collective.barrier();
          for (int round = 0; round < 200; round++) {
            sumOnce(collective, values, round);
          }
          collective.barrier();
          long nativeBytes = directBytes();
          int threads = ManagementFactory.getThreadMXBean().getThreadCount();
          collective.barrier();
          for (int round = 200; round < ROUNDS; round++) {
            sumOnce(collective, values, round);
          }
          collective.barrier();
          assertThat(directBytes()).isLessThanOrEqualTo(nativeBytes);
          assertThat(ManagementFactory.getThreadMXBean().getThreadCount())
              .isLessThanOrEqualTo(threads + 1);
          collective.barrier();
          return null;
        });
  }

  private static void sumOnce(Collective collective, float[] values, int round) {
    collective.beginStep(round);
    java.util.Arrays.fill(values, collective.slot() + 1);
    Ranks.sum(collective, values, 0, values.length);
    if (values[0] != 6 || values[values.length - 1] != 6) {
      throw new AssertionError("round " + round + ": " + values[0]);
    }
  }

  @Test
  void meetingAndLeavingFreesSocketsAndThreads() throws Exception {
    Ranks.run(Transport.TCP, 3, collective -> null);
    long open = openFiles();
    for (int round = 0; round < 50; round++) {
      Ranks.run(
          Transport.TCP,
          3,
          collective -> {
            collective.barrier();
            return null;
          });
    }
    assertThat(openFiles()).isLessThanOrEqualTo(open + 5);
  }

  private static long openFiles() {
    var system =
        (com.sun.management.UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getOpenFileDescriptorCount();
  }

  private static long directBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }
}

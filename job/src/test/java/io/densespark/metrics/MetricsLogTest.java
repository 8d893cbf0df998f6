package io.densespark.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.storage.Content;
import io.densespark.storage.StorageException;
import io.densespark.storage.Store;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsLogTest {

  private static final String PATH = "runs/a/metrics/steps.jsonl";

  @TempDir Path directory;
  private Store store;

  @BeforeEach
  void openStore() {
    store = Store.open(directory.toString(), new Configuration());
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void everyRecordIsReadableAtOnceWithoutAnInterval() {
    AtomicLong clock = new AtomicLong();
    try (MetricsLog<StepRecord> log = MetricsLog.create(store, PATH, Duration.ZERO, clock::get)) {
      for (int step = 1; step <= 5; step++) {
        log.add(record(step, 0.5));
        assertThat(read()).hasSize(step).endsWith(record(step, 0.5));
      }
    }
  }

  @Test
  void flushesWaitForTheInterval() {
    AtomicLong clock = new AtomicLong();
    MetricsLog<StepRecord> log = MetricsLog.create(store, PATH, Duration.ofSeconds(2), clock::get);
    log.add(record(1, 1));
    assertThat(read()).isEmpty();
    clock.addAndGet(Duration.ofSeconds(2).toNanos());
    log.add(record(2, 1));
    assertThat(read()).hasSize(2);
    log.add(record(3, 1));
    assertThat(read()).hasSize(2);
    log.close();
    assertThat(read()).hasSize(3);
  }

  @Test
  void slowStoreIsWrittenToLessOften() {
    // Each look at the clock takes 50 ms, so a flush seems to take 50 ms, and the next one waits
    // for 5 s.
    AtomicLong clock = new AtomicLong();
    MetricsLog<StepRecord> log =
        MetricsLog.create(
            store, PATH, Duration.ZERO, () -> clock.getAndAdd(Duration.ofMillis(50).toNanos()));
    log.add(record(1, 1));
    clock.addAndGet(Duration.ofMillis(4_500).toNanos());
    log.add(record(2, 1));
    assertThat(read()).isEmpty();
    clock.addAndGet(Duration.ofMillis(500).toNanos());
    log.add(record(3, 1));
    assertThat(read()).hasSize(3);
  }

  @Test
  void resumeDropsWhatIsDoneAgain() {
    try (MetricsLog<StepRecord> log = MetricsLog.create(store, PATH, Duration.ZERO)) {
      for (int step = 1; step <= 9; step++) {
        log.add(record(step, 1.0 / step));
      }
    }
    try (MetricsLog<StepRecord> log =
        MetricsLog.resume(
            store, PATH, StepRecord.class, Duration.ZERO, record -> record.step() <= 6)) {
      assertThat(read()).extracting(StepRecord::step).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
      log.add(record(7, 0.25));
    }
    assertThat(read()).hasSize(7).endsWith(record(7, 0.25)).contains(record(3, 1.0 / 3));
  }

  @Test
  void resumeWithoutALogBeginsOne() {
    MetricsLog.resume(store, PATH, StepRecord.class, Duration.ZERO, record -> true).close();
    assertThat(store.exists(PATH)).isTrue();
    assertThat(read()).isEmpty();
  }

  @Test
  void lossThatIsNotANumberIsNullInTheFileAndNanWhenRead() {
    try (MetricsLog<StepRecord> log = MetricsLog.create(store, PATH, Duration.ZERO)) {
      log.add(record(1, Double.NaN));
    }
    assertThat(new String(store.read(PATH), StandardCharsets.UTF_8))
        .contains("\"loss\":null")
        .doesNotContain("NaN");
    assertThat(read().get(0).loss()).isNaN();
  }

  @Test
  void foreignContentIsNamedWithItsLine() {
    byte[] content = "{\"step\":1}\nnonsense\n".getBytes(StandardCharsets.UTF_8);
    store.publish(PATH, Content.of(content));
    assertThatThrownBy(this::read)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("steps.jsonl, line 2");
  }

  private java.util.List<StepRecord> read() {
    return MetricsLog.read(store, PATH, StepRecord.class);
  }

  private static StepRecord record(long step, double loss) {
    return new StepRecord(
        step, 1, loss, 0.1, 12.5, 1024, 10, 2, 0.25, 0.25, 3_000_000, 0.5, 32, 64);
  }
}

package io.densespark.metrics;

import io.densespark.storage.Json;
import io.densespark.storage.StorageException;
import io.densespark.storage.StorageException.Reason;
import io.densespark.storage.Store;
import io.densespark.text.Text;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * A log of records, one line of JSON each, that is whole whenever it is read, on stores without
 * append as well.
 *
 * <p>Each flush replaces the file with everything logged so far. As that cost grows with the log,
 * the time between flushes grows with it: a flush waits for {@link #COST_RATIO} times the duration
 * of the last one, so that logging takes about a hundredth of the run however long it is, and a
 * reader is behind by at most that long. The lines stay in memory (some 250 bytes a step).
 *
 * @param <T> the type of record
 */
public final class MetricsLog<T> implements AutoCloseable {

  private static final int COST_RATIO = 100;

  private final Store store;
  private final String path;
  private final long intervalNanos;
  private final LongSupplier clock;
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private boolean changed;
  private long notBefore;

  private MetricsLog(Store store, String path, Duration interval, LongSupplier clock) {
    this.store = store;
    this.path = path;
    this.intervalNanos = interval.toNanos();
    this.clock = clock;
    this.notBefore = clock.getAsLong();
  }

  /**
   * Begins a log, in place of any that is there.
   *
   * @param interval least time between two flushes; zero for a log with few records
   */
  public static <T> MetricsLog<T> create(Store store, String path, Duration interval) {
    return create(store, path, interval, System::nanoTime);
  }

  static <T> MetricsLog<T> create(
      Store store, String path, Duration interval, LongSupplier nanoClock) {
    MetricsLog<T> log = new MetricsLog<>(store, path, interval, nanoClock);
    log.changed = true;
    log.flush();
    return log;
  }

  /**
   * Goes on with the log of a run that is resumed. Records made after the checkpoint are dropped,
   * since the steps are done again.
   *
   * @param keep whether a record is from before the checkpoint
   */
  public static <T> MetricsLog<T> resume(
      Store store, String path, Class<T> type, Duration interval, Predicate<T> keep) {
    MetricsLog<T> log = new MetricsLog<>(store, path, interval, System::nanoTime);
    read(store, path, type).stream().filter(keep).forEach(log::append);
    log.changed = true;
    log.flush();
    return log;
  }

  /** All records of a log, finished or not; none if there is no such file. */
  public static <T> List<T> read(Store store, String path, Class<T> type) {
    if (!store.exists(path)) {
      return List.of();
    }
    String content = new String(store.read(path), StandardCharsets.UTF_8);
    List<T> records = new ArrayList<>();
    for (String line : content.lines().toList()) {
      try {
        records.add(Json.read(line.getBytes(StandardCharsets.UTF_8), type));
      } catch (IOException e) {
        throw damaged(store, path, records.size() + 1, e.getMessage(), e);
      }
    }
    if (!content.isEmpty() && !content.endsWith("\n")) {
      throw damaged(store, path, records.size(), "the line does not end", null);
    }
    return List.copyOf(records);
  }

  /** Adds a record, and flushes if that is due. */
  public synchronized void add(T entry) {
    append(entry);
    if (clock.getAsLong() - notBefore >= 0) {
      flush();
    }
  }

  /** Makes everything added visible to readers now. */
  public synchronized void flush() {
    if (!changed) {
      return;
    }
    long began = clock.getAsLong();
    store.replace(path, lines::writeTo);
    changed = false;
    long ended = clock.getAsLong();
    notBefore = ended + Math.max(intervalNanos, COST_RATIO * (ended - began));
  }

  @Override
  public void close() {
    flush();
  }

  private void append(T entry) {
    lines.writeBytes(Json.line(entry));
    changed = true;
  }

  private static StorageException damaged(
      Store store, String path, int line, String what, IOException cause) {
    return new StorageException(
        Reason.DAMAGED,
        Text.format(
            "%s, line %d: %s. Restore the file, read it with the version that wrote it, or remove it",
            store.uri(path), line, what),
        cause);
  }
}

package io.densespark.observe;

import io.densespark.storage.Store;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * An event file of TensorBoard: a sequence of TFRecords, each a serialised {@code tensorflow.Event}
 * with scalar summaries. Both formats are TensorFlow's: record_writer.h, and event.proto and
 * summary.proto.
 *
 * <p>A file is of one process. That of a resumed run says where it goes on, and TensorBoard drops
 * what earlier files hold from that step on. The file is replaced as a whole, since not every store
 * can append; the events stay in memory, about 200 bytes a step.
 */
public final class TensorBoardLog implements AutoCloseable {

  private static final int MASK_DELTA = 0xa282ead8;
  private static final int COST_RATIO = 100;
  private static final long LEAST_NANOS = Duration.ofSeconds(5).toNanos();

  // Fields of the messages, as (number << 3 | wire type).
  private static final int EVENT_WALL_TIME = 1 << 3 | 1;
  private static final int EVENT_STEP = 2 << 3;
  private static final int EVENT_FILE_VERSION = 3 << 3 | 2;
  private static final int EVENT_SUMMARY = 5 << 3 | 2;
  private static final int EVENT_SESSION_LOG = 7 << 3 | 2;
  private static final int SUMMARY_VALUE = 1 << 3 | 2;
  private static final int VALUE_TAG = 1 << 3 | 2;
  private static final int VALUE_SIMPLE = 2 << 3 | 5;
  private static final int SESSION_STATUS = 1 << 3;
  private static final int SESSION_START = 1;

  private final Store store;
  private final String path;
  private final ByteArrayOutputStream records = new ByteArrayOutputStream();
  private long notBefore = System.nanoTime();

  /**
   * Begins a file in a directory.
   *
   * @param directory in the store; TensorBoard's {@code --logdir}
   * @param start when the process began; tells its file from others
   * @param step global steps done before
   */
  public TensorBoardLog(Store store, String directory, Instant start, long step) {
    this.store = store;
    // The name is what TensorBoard looks for; it reads a directory's files in the order of names.
    this.path = directory + "/events.out.tfevents." + start.toEpochMilli() + ".densespark";
    record(
        event(start, 0)
            .bytes(EVENT_FILE_VERSION, "brain.Event:2".getBytes(StandardCharsets.UTF_8)));
    if (step > 0) {
      record(
          event(start, step + 1)
              .bytes(
                  EVENT_SESSION_LOG,
                  new Message().varint(SESSION_STATUS, SESSION_START).toByteArray()));
    }
  }

  /**
   * Adds scalars of one step, and writes the file if that is due.
   *
   * @param scalars by tag, as {@code train/loss}; those that are not finite are kept as they are
   */
  public synchronized void add(Instant time, long step, Map<String, Double> scalars) {
    Message summary = new Message();
    scalars.forEach(
        (tag, value) ->
            summary.bytes(
                SUMMARY_VALUE,
                new Message()
                    .bytes(VALUE_TAG, tag.getBytes(StandardCharsets.UTF_8))
                    .fixed32(VALUE_SIMPLE, value.floatValue())
                    .toByteArray()));
    record(event(time, step).bytes(EVENT_SUMMARY, summary.toByteArray()));
    if (System.nanoTime() - notBefore >= 0) {
      flush();
    }
  }

  /** Makes everything added visible to readers now. */
  public synchronized void flush() {
    long began = System.nanoTime();
    store.replace(path, records::writeTo);
    long ended = System.nanoTime();
    // A file that grows is written ever less often: a hundredth of the time, however long it is.
    notBefore = ended + Math.max(LEAST_NANOS, COST_RATIO * (ended - began));
  }

  @Override
  public void close() {
    flush();
  }

  private static Message event(Instant time, long step) {
    return new Message()
        .fixed64(EVENT_WALL_TIME, time.toEpochMilli() / 1e3)
        .varint(EVENT_STEP, step);
  }

  private void record(Message message) {
    byte[] data = message.toByteArray();
    ByteBuffer length = littleEndian(Long.BYTES).putLong(data.length);
    records.writeBytes(length.array());
    records.writeBytes(maskedChecksum(length.array()));
    records.writeBytes(data);
    records.writeBytes(maskedChecksum(data));
  }

  private static byte[] maskedChecksum(byte[] data) {
    CRC32C checksum = new CRC32C();
    checksum.update(data);
    int masked = Integer.rotateRight((int) checksum.getValue(), 15) + MASK_DELTA;
    return littleEndian(Integer.BYTES).putInt(masked).array();
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A message in protocol buffers' wire format. */
  private static final class Message extends ByteArrayOutputStream {

    Message varint(int key, long value) {
      write(key);
      writeVarint(value);
      return this;
    }

    Message fixed32(int key, float value) {
      write(key);
      writeBytes(littleEndian(Float.BYTES).putFloat(value).array());
      return this;
    }

    Message fixed64(int key, double value) {
      write(key);
      writeBytes(littleEndian(Double.BYTES).putDouble(value).array());
      return this;
    }

    Message bytes(int key, byte[] value) {
      write(key);
      writeVarint(value.length);
      writeBytes(value);
      return this;
    }

    private void writeVarint(long value) {
      long rest = value;
      for (; (rest & ~0x7FL) != 0; rest >>>= 7) {
        write((int) (rest & 0x7F | 0x80));
      }
      write((int) rest);
    }
  }
}

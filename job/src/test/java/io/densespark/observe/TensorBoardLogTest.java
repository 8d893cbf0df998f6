package io.densespark.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.storage.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.shade.protobuf.UnknownFieldSet;
import org.tensorflow.framework.Summary;

/**
 * Read by the library of protocol buffers and TensorFlow's own summaries; the numbers of the fields
 * around them are event.proto's.
 */
class TensorBoardLogTest {

  private static final Instant START = Instant.parse("2026-01-02T03:04:05.678Z");

  @TempDir Path directory;

  @Test
  void scalarsComeBackAsTensorFlowReadsThem() throws IOException {
    try (Store store = Store.open(directory.toString(), new Configuration());
        TensorBoardLog log = new TensorBoardLog(store, "run", START, 0)) {
      log.add(START.plusMillis(500), 300, Map.of("train/loss", 0.625));
      log.add(START.plusMillis(900), 1L << 40, Map.of("é", Double.NaN));
    }

    List<Event> events = events();
    assertThat(events).hasSize(3);
    assertThat(events.get(0).fileVersion()).isEqualTo("brain.Event:2");
    assertThat(events.get(0).wallTime()).isEqualTo(START.toEpochMilli() / 1e3);
    assertThat(events.get(1).step()).isEqualTo(300);
    assertThat(events.get(1).wallTime()).isEqualTo((START.toEpochMilli() + 500) / 1e3);
    Summary.Value loss = events.get(1).summary();
    assertThat(loss.getTag()).isEqualTo("train/loss");
    assertThat(loss.getSimpleValue()).isEqualTo(0.625f);
    assertThat(events.get(2).step()).isEqualTo(1L << 40);
    assertThat(events.get(2).summary().getTag()).isEqualTo("é");
    assertThat(events.get(2).summary().getSimpleValue()).isNaN();
  }

  @Test
  void fileOfAResumedRunSaysFromWhichStepEarlierOnesDoNotCount() throws IOException {
    try (Store store = Store.open(directory.toString(), new Configuration())) {
      new TensorBoardLog(store, "run", START, 41).close();
    }

    Event resumed = events().get(1);
    assertThat(resumed.sessionStarts()).isTrue();
    assertThat(resumed.step()).isEqualTo(42);
  }

  /** A tensorflow.Event. */
  private record Event(UnknownFieldSet fields) {

    double wallTime() {
      return Double.longBitsToDouble(fields.getField(1).getFixed64List().get(0));
    }

    long step() {
      return fields.getField(2).getVarintList().get(0);
    }

    String fileVersion() {
      return fields.getField(3).getLengthDelimitedList().get(0).toStringUtf8();
    }

    Summary.Value summary() throws IOException {
      return Summary.parseFrom(fields.getField(5).getLengthDelimitedList().get(0)).getValue(0);
    }

    boolean sessionStarts() throws IOException {
      UnknownFieldSet session =
          UnknownFieldSet.parseFrom(fields.getField(7).getLengthDelimitedList().get(0));
      return session.getField(1).getVarintList().get(0) == 1;
    }
  }

  /** The records of the only file, their checksums compared with a table-free CRC-32C. */
  private List<Event> events() throws IOException {
    Path file;
    try (Stream<Path> files = Files.list(directory.resolve("run"))) {
      file = files.filter(f -> !f.getFileName().toString().startsWith(".")).findFirst().get();
    }
    assertThat(file.getFileName().toString()).startsWith("events.out.tfevents.1767323045678");
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Event> events = new ArrayList<>();
    while (in.hasRemaining()) {
      byte[] length = new byte[Long.BYTES];
      in.get(length);
      assertThat(in.getInt()).isEqualTo(masked(length));
      byte[] data =
          new byte[(int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong()];
      in.get(data);
      assertThat(in.getInt()).isEqualTo(masked(data));
      events.add(new Event(UnknownFieldSet.parseFrom(data)));
    }
    return events;
  }

  private static int masked(byte[] data) {
    int crc = -1;
    for (byte b : data) {
      crc ^= b & 0xFF;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) == 0 ? crc >>> 1 : crc >>> 1 ^ 0x82F63B78;
      }
    }
    crc = ~crc;
    return (crc >>> 15 | crc << 17) + 0xa282ead8;
  }
}

package io.densespark.engine.cuda;

import com.sun.jna.Pointer;
import io.densespark.engine.plan.Program;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Constant structures that kernels read, put on the device once. */
final class Tables {
  private final Device device;

  Tables(Device device) {
    this.device = device;
  }

  /** Address of the rows of a table, each a structure whose members take 8 bytes in all or each. */
  long rows(List<List<Object>> rows) {
    int capacity = Math.max(8, rows.stream().mapToInt(row -> Long.BYTES * row.size()).sum());
    ByteBuffer buffer = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
    for (List<Object> row : rows) {
      row.forEach(member -> Arguments.put(buffer, member));
      Arguments.aligned(buffer);
    }
    return put(buffer);
  }

  long floats(List<Float> values) {
    return rows(List.of(List.copyOf(values)));
  }

  private long put(ByteBuffer buffer) {
    long bytes = Math.max(Long.BYTES, buffer.position());
    Pointer staging = device.allocateHost(bytes);
    staging.write(0, buffer.array(), 0, buffer.position());
    long address = device.allocate(bytes);
    device.compute().upload(address, staging, bytes);
    return address;
  }

  /** Vectors that are read from the parameters, as kernels take them. */
  static List<List<Object>> loads(Program program, Addresses at) {
    List<List<Object>> rows = new ArrayList<>();
    for (Program.VectorLoad load : program.loads()) {
      boolean logStd = load.conversion() == Program.Conversion.LOG_STD_TO_VARIANCE;
      rows.add(
          List.of(
              at.of(load.vector()),
              load.slice().offset(),
              load.channels().logical(),
              logStd ? 1 : 0));
    }
    return rows;
  }

  /** Vectors that are a gradient, as kernels take them. */
  static List<List<Object>> stores(Program program, Addresses at) {
    List<List<Object>> rows = new ArrayList<>();
    for (Program.VectorStore store : program.stores()) {
      rows.add(
          List.of(at.of(store.vector()), store.slice().offset(), store.channels().logical(), 0));
    }
    return rows;
  }

  /** The minibatch's statistics, as kernels take them. */
  static List<List<Object>> statistics(Program program, Addresses at) {
    List<List<Object>> rows = new ArrayList<>();
    for (Program.StatisticsStore store : program.statistics()) {
      rows.add(
          List.of(
              at.of(store.mean()),
              at.of(store.variance()),
              store.norm().mean().offset(),
              store.norm().spread().offset(),
              store.norm().decay(),
              store.channels().logical(),
              store.norm().spreadIsLogStd() ? 1 : 0));
    }
    return rows;
  }
}

package io.densespark.engine.onednn;

import io.densespark.engine.graph.Slice;
import io.densespark.engine.plan.ChannelMap;
import io.densespark.engine.plan.ChannelMap.Segment;
import io.densespark.engine.plan.Program;
import io.densespark.engine.plan.Program.Conversion;
import io.densespark.engine.plan.Program.StatisticsStore;
import io.densespark.engine.plan.Program.VectorConstant;
import io.densespark.engine.plan.Program.VectorLoad;
import io.densespark.engine.plan.Program.VectorStore;
import io.densespark.engine.plan.Tensor.Vector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.Pointer;

/**
 * Carries the parameters that are one number per channel between the flat vectors and the program's
 * buffers, leaving gaps out. They are few and short, so Java moves them.
 */
final class VectorTransfers {
  private final List<Step> before = new ArrayList<>();
  private final List<Step> after = new ArrayList<>();

  VectorTransfers(Program program, Call.Addresses addresses) {
    for (VectorConstant constant : program.constants()) {
      fill(constant, addresses);
    }
    for (VectorLoad load : program.loads()) {
      before.add(
          load.conversion() == Conversion.NONE
              ? copyIn(load, addresses)
              : new VarianceLoad(load, addresses));
    }
    for (VectorStore store : program.stores()) {
      after.add(copyOut(store, addresses));
    }
    for (StatisticsStore store : program.statistics()) {
      after.add(new StatisticsDelivery(store, addresses));
    }
  }

  void load(StepInputs inputs) {
    for (int i = 0; i < before.size(); i++) {
      before.get(i).run(inputs);
    }
  }

  void store(StepInputs inputs) {
    for (int i = 0; i < after.size(); i++) {
      after.get(i).run(inputs);
    }
  }

  private static long address(Vector vector, Segment segment, Call.Addresses addresses) {
    return addresses.of(vector.buffer())
        + vector.offsetBytes()
        + (long) Float.BYTES * segment.physical();
  }

  private static void fill(VectorConstant constant, Call.Addresses addresses) {
    for (Segment segment : constant.channels().segments()) {
      float[] values = new float[segment.length()];
      Arrays.fill(values, constant.value());
      new RawPointer(address(constant.vector(), segment, addresses)).put(values, 0, values.length);
    }
  }

  private static Step copyIn(VectorLoad load, Call.Addresses addresses) {
    Segment[] segments = load.channels().segments().toArray(Segment[]::new);
    RawPointer[] targets = targets(load.vector(), segments, addresses);
    RawPointer source = new RawPointer();
    return inputs -> {
      for (int i = 0; i < segments.length; i++) {
        source.at(inputs.parameters + floats(load.slice(), segments[i]));
        Pointer.memcpy(targets[i], source, (long) Float.BYTES * segments[i].length());
      }
    };
  }

  private static Step copyOut(VectorStore store, Call.Addresses addresses) {
    Segment[] segments = store.channels().segments().toArray(Segment[]::new);
    RawPointer[] sources = targets(store.vector(), segments, addresses);
    RawPointer target = new RawPointer();
    return inputs -> {
      for (int i = 0; i < segments.length; i++) {
        target.at(inputs.gradient + floats(store.slice(), segments[i]));
        Pointer.memcpy(target, sources[i], (long) Float.BYTES * segments[i].length());
      }
    };
  }

  private static RawPointer[] targets(Vector vector, Segment[] segments, Call.Addresses addresses) {
    return Arrays.stream(segments)
        .map(segment -> new RawPointer(address(vector, segment, addresses)))
        .toArray(RawPointer[]::new);
  }

  private static long floats(Slice slice, Segment segment) {
    return Float.BYTES * (slice.offset() + segment.logical());
  }

  /** Turns log10 of deviations into variances. */
  private static final class VarianceLoad implements Step {
    private final VectorLoad load;
    private final RawPointer[] targets;
    private final RawPointer source = new RawPointer();
    private final float[] values;

    VarianceLoad(VectorLoad load, Call.Addresses addresses) {
      this.load = load;
      this.targets =
          targets(load.vector(), load.channels().segments().toArray(Segment[]::new), addresses);
      this.values = new float[load.channels().logical()];
    }

    @Override
    public void run(StepInputs inputs) {
      source
          .at(inputs.parameters + Float.BYTES * load.slice().offset())
          .get(values, 0, values.length);
      for (int c = 0; c < values.length; c++) {
        values[c] = (float) Statistics.varianceOfLogStd(values[c]);
      }
      List<Segment> segments = load.channels().segments();
      for (int i = 0; i < targets.length; i++) {
        targets[i].put(values, segments.get(i).logical(), segments.get(i).length());
      }
    }
  }

  /** Writes the change of running statistics to the gradient. */
  private static final class StatisticsDelivery implements Step {
    private final StatisticsStore store;
    private final RawPointer pointer = new RawPointer();
    private final long mean;
    private final long variance;
    private final float[] batch;
    private final float[] running;

    StatisticsDelivery(StatisticsStore store, Call.Addresses addresses) {
      this.store = store;
      this.mean = addresses.of(store.mean().buffer()) + store.mean().offsetBytes();
      this.variance = addresses.of(store.variance().buffer()) + store.variance().offsetBytes();
      this.batch = new float[store.channels().logical()];
      this.running = new float[store.channels().logical()];
    }

    @Override
    public void run(StepInputs inputs) {
      double decay = store.norm().decay();
      read(inputs, mean, store.norm().mean());
      for (int c = 0; c < batch.length; c++) {
        running[c] = Statistics.change(running[c], batch[c], decay);
      }
      write(inputs, store.norm().mean());
      read(inputs, variance, store.norm().spread());
      boolean logStd = store.norm().spreadIsLogStd();
      for (int c = 0; c < batch.length; c++) {
        running[c] =
            logStd
                ? Statistics.logStdChange(running[c], batch[c], decay)
                : Statistics.change(running[c], batch[c], decay);
      }
      write(inputs, store.norm().spread());
    }

    private void read(StepInputs inputs, long vector, Slice slice) {
      ChannelMap channels = store.channels();
      for (int i = 0; i < channels.segments().size(); i++) {
        Segment segment = channels.segments().get(i);
        pointer
            .at(vector + (long) Float.BYTES * segment.physical())
            .get(batch, segment.logical(), segment.length());
      }
      pointer.at(inputs.parameters + Float.BYTES * slice.offset()).get(running, 0, running.length);
    }

    private void write(StepInputs inputs, Slice slice) {
      pointer.at(inputs.gradient + Float.BYTES * slice.offset()).put(running, 0, running.length);
    }
  }
}

package io.densespark.engine.cuda;

import static io.densespark.engine.cuda.Launch.blocks;
import static io.densespark.engine.cuda.Launch.runs;

import com.sun.jna.Pointer;
import io.densespark.engine.plan.Element;
import io.densespark.engine.plan.Instruction;
import io.densespark.engine.plan.MemoryPlanner;
import io.densespark.engine.plan.Program;
import io.densespark.engine.plan.Program.Buffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/** A program with addresses for its buffers, captured as one CUDA graph. */
final class Executable {
  private final Device device;
  private final Pointer graph;
  private final List<Integer> dropoutStreams;
  private final long output;
  private final long outputBytes;

  /**
   * @param pixels type of the values of images
   * @param arena gives the address of an arena of at least the bytes asked for
   */
  Executable(
      Device device,
      Kernels kernels,
      Program program,
      Addresses.Arrays arrays,
      Element pixels,
      LongUnaryOperator arena) {
    this.device = device;
    Addresses at =
        new Addresses(
            arrays, place(device, program, arena), pixels, device.allocate(partialBytes(program)));
    Tables tables = new Tables(device);
    Translator translator = new Translator(at, tables);
    List<Launch> launches = new ArrayList<>();
    addTransfers(launches, "loadVectors", tables, Tables.loads(program, at), arrays.parameters());
    for (Step step : Step.of(program.instructions())) {
      launches.addAll(translator.translate(step));
      if (step.instruction() instanceof Instruction.CrossEntropy loss) {
        launches.add(
            blocks("meanLoss", 1, arrays.meanLoss(), arrays.losses(), loss.probabilities().rows()));
      }
    }
    addTransfers(launches, "storeVectors", tables, Tables.stores(program, at), arrays.gradient());
    addTransfers(
        launches,
        "deliverStatistics",
        tables,
        Tables.statistics(program, at),
        arrays.parameters(),
        arrays.gradient());
    for (Program.VectorConstant constant : program.constants()) {
      long count = constant.channels().logical();
      kernels.launch(runs("fill", count, at.values(constant.vector()), constant.value(), count));
    }
    this.graph = kernels.graph(launches);
    device.compute().await();
    this.dropoutStreams = translator.dropoutStreams();
    this.output = at.of(program.output());
    this.outputBytes = program.output().bytes();
  }

  /** One block for each row of a table. */
  private static void addTransfers(
      List<Launch> launches,
      String kernel,
      Tables tables,
      List<List<Object>> rows,
      Object... flat) {
    if (!rows.isEmpty()) {
      List<Object> arguments = new ArrayList<>(List.of(tables.rows(rows)));
      arguments.addAll(List.of(flat));
      launches.add(blocks(kernel, rows.size(), arguments.toArray()));
    }
  }

  /** Launches run one after the other: what one leaves for the next has one place. */
  private static long partialBytes(Program program) {
    return program.instructions().stream()
        .mapToLong(ChannelLaunches::partialBytes)
        .reduce(Float.BYTES, Math::max);
  }

  /** Addresses of all buffers: those that keep their contents in memory of their own. */
  private static Map<Integer, Long> place(Device device, Program program, LongUnaryOperator arena) {
    Map<Integer, Long> bytes = new HashMap<>();
    for (Buffer buffer : program.buffers()) {
      bytes.put(buffer.id(), Math.max(0, buffer.bytes()));
    }
    for (Instruction instruction : program.instructions()) {
      if (instruction instanceof Instruction.ConvolutionBackwardWeights c) {
        bytes.merge(c.site().weights(), WindowLaunches.partialBytes(c), Math::max);
      } else if (instruction instanceof Instruction.PoolForward p && p.workspace().isPresent()) {
        bytes.merge(p.workspace().get(), WindowLaunches.originBytes(p), Math::max);
      }
    }
    MemoryPlanner.Layout kept =
        MemoryPlanner.planWithoutReuse(MemoryPlanner.pinned(program, bytes));
    MemoryPlanner.Layout shared = MemoryPlanner.plan(MemoryPlanner.transients(program, bytes));
    long own = device.allocate(kept.arenaBytes());
    long lent = arena.applyAsLong(shared.arenaBytes());
    Map<Integer, Long> addresses = new HashMap<>();
    kept.offsetBytes().forEach((id, offset) -> addresses.put(id, own + offset));
    shared.offsetBytes().forEach((id, offset) -> addresses.put(id, lent + offset));
    return addresses;
  }

  /** Starts the program; it runs when what was asked of the device before is done. */
  void start() {
    device.compute().launchGraph(graph);
  }

  /** Streams of the dropouts, in the order in which the program takes their keys. */
  List<Integer> dropoutStreams() {
    return dropoutStreams;
  }

  /** Address of the program's output. */
  long output() {
    return output;
  }

  long outputBytes() {
    return outputBytes;
  }
}

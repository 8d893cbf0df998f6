package io.densespark.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD;

import io.densespark.engine.onednn.Call.Argument;
import io.densespark.engine.plan.Instruction;
import io.densespark.engine.plan.MemoryPlanner;
import io.densespark.engine.plan.MemoryPlanner.Demand;
import io.densespark.engine.plan.Program;
import io.densespark.engine.plan.Program.Buffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.stream;

/**
 * A program with its primitives made and its buffers given addresses. Buffers that keep their
 * contents lie in memory of the executable's own, all others in an arena it may share.
 */
final class Executable implements AutoCloseable {
  private final NativeScope scope = new NativeScope();
  private final Program program;
  private final stream stream;
  private final CallFactory calls;
  private final NativeBytes pinned;
  private final Map<Integer, Long> addresses = new HashMap<>();
  private final Map<Place.Array, List<Rebased>> rebased = new HashMap<>();
  private final Map<Place.Array, Long> baseOf = new HashMap<>();
  private final Step[] preparations;
  private final Step[] steps;
  private long preparedVersion;
  private final VectorTransfers vectors;
  private final RawPointer output;
  private final long scratchpadAddress;

  /** A memory object inside one of the caller's arrays. */
  private record Rebased(memory memory, long offsetBytes) {}

  /**
   * Makes a program runnable.
   *
   * @param reuseMemory whether buffers may share bytes
   * @param arena gives an arena of at least the bytes asked for
   */
  Executable(Library library, Program program, boolean reuseMemory, ArenaSource arena) {
    try {
      this.program = program;
      this.stream = scope.own(new stream(library.cpu()));
      this.calls = new CallFactory(library.cpu(), scope);
      List<List<Call>> callsOf = new ArrayList<>();
      Translator translator = new Translator(calls);
      for (Instruction instruction : program.instructions()) {
        callsOf.add(translator.translate(instruction));
      }
      List<Call> all = callsOf.stream().flatMap(List::stream).toList();
      Map<Integer, Long> bytesOf = bufferBytes(all);
      long scratchpadBytes = natives(all).mapToLong(Executable::scratchpadBytes).max().orElse(0);

      MemoryPlanner.Layout kept =
          MemoryPlanner.planWithoutReuse(MemoryPlanner.pinned(program, bytesOf));
      this.pinned = NativeBytes.zeroed(Math.max(1, kept.arenaBytes()));
      kept.offsetBytes().forEach((id, offset) -> addresses.put(id, pinned.address() + offset));

      List<Demand> demands = new ArrayList<>(MemoryPlanner.transients(program, bytesOf));
      int scratchpad = program.buffers().size();
      demands.add(new Demand(scratchpad, scratchpadBytes, 0, program.instructions().size() - 1));
      MemoryPlanner.Layout shared =
          reuseMemory ? MemoryPlanner.plan(demands) : MemoryPlanner.planWithoutReuse(demands);
      long arenaAddress = arena.atLeast(shared.arenaBytes());
      shared.offsetBytes().forEach((id, offset) -> addresses.put(id, arenaAddress + offset));
      this.scratchpadAddress = addresses.get(scratchpad);

      this.preparations =
          all.stream().filter(Executable::prepares).map(this::bind).toArray(Step[]::new);
      this.steps =
          all.stream().filter(call -> !prepares(call)).map(this::bind).toArray(Step[]::new);
      this.vectors = new VectorTransfers(program, addresses::get);
      this.output = new RawPointer(addresses.get(program.output().buffer()));
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Where executables of one plan get their shared memory. */
  interface ArenaSource {
    long atLeast(long bytes);
  }

  /** Bytes that this executable holds besides the arena. */
  long ownBytes() {
    return pinned.bytes();
  }

  /** Runs the program once. */
  void run(StepInputs inputs) {
    rebase(Place.Array.PARAMETERS, inputs);
    rebase(Place.Array.GRADIENT, inputs);
    rebase(Place.Array.FEATURES, inputs);
    if (inputs.parametersVersion != preparedVersion) {
      vectors.load(inputs);
      for (Step preparation : preparations) {
        preparation.run(inputs);
      }
      preparedVersion = inputs.parametersVersion;
    }
    for (Step step : steps) {
      step.run(inputs);
    }
    stream._wait();
    vectors.store(inputs);
  }

  /** The program's output after a run. */
  RawPointer output() {
    return output;
  }

  long outputBytes() {
    return program.output().bytes();
  }

  private void rebase(Place.Array array, StepInputs inputs) {
    long base = inputs.addressOf(array);
    List<Rebased> memories = rebased.get(array);
    if (memories == null || base == baseOf.getOrDefault(array, 0L)) {
      return;
    }
    RawPointer pointer = new RawPointer();
    for (Rebased r : memories) {
      r.memory().set_data_handle(pointer.at(base + r.offsetBytes()));
    }
    baseOf.put(array, base);
  }

  private static boolean prepares(Call call) {
    return call instanceof Call.Preparation;
  }

  private static java.util.stream.Stream<Call.Native> natives(List<Call> calls) {
    return calls.stream()
        .map(call -> call instanceof Call.Preparation preparation ? preparation.call() : call)
        .flatMap(
            call -> {
              if (call instanceof Call.Native one) {
                return java.util.stream.Stream.of(one);
              }
              if (call instanceof Call.ForFeatures some) {
                return java.util.stream.Stream.of(some.call());
              }
              return java.util.stream.Stream.empty();
            });
  }

  private static long scratchpadBytes(Call.Native call) {
    try (memory.desc scratchpad = call.description().scratchpad_desc()) {
      return scratchpad.get_size();
    }
  }

  /** Sizes of all buffers; those the program leaves open are as large as their largest argument. */
  private Map<Integer, Long> bufferBytes(List<Call> all) {
    Map<Integer, Long> bytes = new HashMap<>();
    for (Buffer buffer : program.buffers()) {
      bytes.put(buffer.id(), Math.max(0, buffer.bytes()));
    }
    natives(all)
        .flatMap(call -> call.arguments().stream())
        .forEach(
            argument -> {
              if (argument.place() instanceof Place.InBuffer in
                  && program.buffers().get(in.buffer()).bytes() == Program.LIBRARY_SIZED) {
                long end = in.offsetBytes() + argument.layout().get_size();
                bytes.merge(in.buffer(), end, Math::max);
              }
            });
    return bytes;
  }

  private Step bind(Call call) {
    if (call instanceof Call.Native one) {
      return bindNative(one);
    }
    if (call instanceof Call.ForFeatures some) {
      Step step = bindNative(some.call());
      return inputs -> {
        if (inputs.featuresAreBytes == some.bytes()) {
          step.run(inputs);
        }
      };
    }
    if (call instanceof Call.Preparation preparation) {
      return bind(preparation.call());
    }
    if (call instanceof Call.Java java) {
      return java.bind().apply(addresses::get);
    }
    throw new IllegalStateException("cannot bind " + call);
  }

  private Step bindNative(Call.Native call) {
    IntMemoryMap arguments = scope.own(new IntMemoryMap());
    for (Argument argument : call.arguments()) {
      arguments.put(argument.index(), memory(argument));
    }
    if (scratchpadBytes(call) > 0) {
      memory.desc layout = scope.own(call.description().scratchpad_desc());
      arguments.put(DNNL_ARG_SCRATCHPAD, newMemory(layout, scratchpadAddress));
    }
    primitive made = call.primitive();
    return inputs -> made.execute(stream, arguments);
  }

  private memory memory(Argument argument) {
    if (argument.place() instanceof Place.InBuffer in) {
      return newMemory(argument.layout(), addresses.get(in.buffer()) + in.offsetBytes());
    }
    if (argument.place() instanceof Place.InArray in) {
      // Any address will do until the first run.
      memory result = newMemory(argument.layout(), pinned.address());
      rebased
          .computeIfAbsent(in.array(), array -> new ArrayList<>())
          .add(new Rebased(result, Float.BYTES * in.offsetFloats()));
      return result;
    }
    throw new IllegalStateException("no memory at " + argument.place());
  }

  private memory newMemory(memory.desc layout, long address) {
    return scope.own(new memory(layout, calls.cpu(), new RawPointer(address)));
  }

  @Override
  public void close() {
    scope.close();
    if (pinned != null) {
      pinned.close();
    }
  }
}

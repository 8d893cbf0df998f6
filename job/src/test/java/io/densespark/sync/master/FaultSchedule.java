package io.densespark.sync.master;

import io.densespark.sync.StepProbe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What goes wrong in a run, as data:
 *
 * <pre>{@code
 * FaultSchedule.in(directory).failAt(3, 5).dieAt(1, 9).lateAt(2, 14, Duration.ofSeconds(9))
 * }</pre>
 *
 * <p>Each fault happens once, in whichever process computes its rank then: a step that is repeated
 * meets it no more. After the idea of torchft's {@code EventInjector}.
 */
final class FaultSchedule implements StepProbe {

  /** What happens. */
  enum Kind {
    /** An exception, as a fault of the program or of native code would raise. */
    FAIL,
    /** The process ends at once. */
    DIE,
    /** The rank comes late. */
    LATE
  }

  /**
   * @param step global step, from 1
   * @param delayMillis how late it comes
   */
  record Fault(int rank, int step, Kind kind, long delayMillis) implements java.io.Serializable {
    String name() {
      return rank + "-" + step + "-" + kind;
    }
  }

  private final String directory;
  private final ArrayList<Fault> faults;

  private FaultSchedule(String directory, List<Fault> faults) {
    this.directory = directory;
    this.faults = new ArrayList<>(faults);
  }

  /** Nothing yet. What has happened is noted in the directory, which all processes can reach. */
  static FaultSchedule in(Path directory) {
    return new FaultSchedule(directory.toString(), List.of());
  }

  FaultSchedule failAt(int rank, int step) {
    return and(new Fault(rank, step, Kind.FAIL, 0));
  }

  /** All ranks below the world size fail in the same step. */
  FaultSchedule allFailAt(int worldSize, int step) {
    return all(worldSize, rank -> new Fault(rank, step, Kind.FAIL, 0));
  }

  FaultSchedule dieAt(int rank, int step) {
    return and(new Fault(rank, step, Kind.DIE, 0));
  }

  /** The processes of all ranks end in the same step. */
  FaultSchedule allDieAt(int worldSize, int step) {
    return all(worldSize, rank -> new Fault(rank, step, Kind.DIE, 0));
  }

  FaultSchedule lateAt(int rank, int step, Duration delay) {
    return and(new Fault(rank, step, Kind.LATE, delay.toMillis()));
  }

  private FaultSchedule all(int worldSize, java.util.function.IntFunction<Fault> fault) {
    FaultSchedule all = this;
    for (int rank = 0; rank < worldSize; rank++) {
      all = all.and(fault.apply(rank));
    }
    return all;
  }

  private FaultSchedule and(Fault fault) {
    return new FaultSchedule(directory, Stream.concat(faults.stream(), Stream.of(fault)).toList());
  }

  /** What has not happened yet. */
  List<Fault> left() {
    return faults.stream().filter(fault -> !Files.exists(note(fault))).toList();
  }

  @Override
  public void before(int rank, int step) {
    for (Fault fault : faults) {
      if (fault.rank() == rank && fault.step() == step && isFirst(fault)) {
        happen(fault);
      }
    }
  }

  private static void happen(Fault fault) {
    switch (fault.kind()) {
      case FAIL -> throw new IllegalStateException("fault " + fault.name());
      case DIE -> Runtime.getRuntime().halt(1);
      case LATE -> {
        try {
          Thread.sleep(fault.delayMillis());
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  private Path note(Fault fault) {
    return Path.of(directory, fault.name());
  }

  private boolean isFirst(Fault fault) {
    try {
      Files.createFile(note(fault));
      return true;
    } catch (java.nio.file.FileAlreadyExistsException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

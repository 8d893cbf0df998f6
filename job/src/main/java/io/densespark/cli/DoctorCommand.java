package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.Job;
import io.densespark.job.JobException;
import io.densespark.job.RunDisplay;
import io.densespark.job.verb.DoctorJob;
import io.densespark.job.verb.SizeJob;
import java.util.OptionalInt;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Checks what a run needs. */
@Command(
    name = "doctor",
    description =
        "Check Java, memory, native libraries, data, output and Spark, or say what processes need.")
final class DoctorCommand extends VerbCommand {

  /** What sizes are asked for. */
  static final class Sizes {

    @Option(
        names = "--size",
        required = true,
        description =
            "Print heap, native memory, overhead and threads of driver and executors for these"
                + " settings, and check nothing.")
    private boolean wanted;

    @Option(
        names = "--slots",
        paramLabel = "N",
        description =
            "Cores in all executors together (default: sync.replicas, else this machine's).")
    private Integer slots;

    @Option(names = "--cores", paramLabel = "N", description = "Cores of one executor: 1 or more.")
    private int cores = 1;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;
  }

  @ArgGroup(exclusive = false)
  private Sizes sizes;

  @Override
  Job job(RunConfig config, RunDisplay display) {
    if (sizes == null) {
      return new DoctorJob(config, display);
    }
    requirePositive("--slots", sizes.slots == null ? 1 : sizes.slots);
    requirePositive("--cores", sizes.cores);
    return new SizeJob(
        config,
        display,
        sizes.slots == null ? OptionalInt.empty() : OptionalInt.of(sizes.slots),
        sizes.cores,
        sizes.json);
  }

  private static void requirePositive(String option, int value) {
    if (value < 1) {
      throw JobException.usage(option + " is " + value + ": give a number of 1 or more");
    }
  }
}

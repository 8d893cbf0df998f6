package io.densespark.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * One round of one peer in a process of its own, which prints one line of JSON and ends.
 *
 * @param peer name in the report
 * @param variant which of the peer's ways to run the net; empty where it has one
 * @param netFile the net, as {@link Net#read} takes it
 * @param batch images of a step
 * @param threads cores to use
 * @param seconds shortest time to measure training, and again inference
 * @param steps fewest steps to measure
 * @param trainingOnly leaves inference out; its throughput is then NaN
 */
public record Round(
    String peer,
    String variant,
    Path netFile,
    int batch,
    int threads,
    double seconds,
    int steps,
    boolean trainingOnly) {

  private static final int WARM_UP_STEPS = 3;

  /** A step to be timed. */
  @FunctionalInterface
  private interface Call {
    void run() throws Exception;
  }

  /**
   * Runs the round that the arguments, each {@code key=value}, describe, and ends the process:
   * native threads that a framework leaves behind would keep it.
   */
  public static void run(String[] arguments, Peer.Factory factory) {
    int code = 0;
    // Frameworks write to standard output what they like; the line goes to what it was at first.
    PrintStream out = System.out;
    System.setOut(System.err);
    try {
      out.println(parse(arguments).measure(factory));
      out.flush();
    } catch (Exception | LinkageError e) {
      e.printStackTrace();
      code = 1;
    }
    Runtime.getRuntime().halt(code);
  }

  private static Round parse(String[] arguments) {
    Map<String, String> values = new HashMap<>();
    for (String argument : arguments) {
      String[] pair = argument.split("=", 2);
      values.put(pair[0], pair[1]);
    }
    return new Round(
        values.get("peer"),
        values.getOrDefault("variant", ""),
        Path.of(values.get("net")),
        Integer.parseInt(values.get("batch")),
        Integer.parseInt(values.get("threads")),
        Double.parseDouble(values.get("seconds")),
        Integer.parseInt(values.get("steps")),
        Boolean.parseBoolean(values.get("training-only")));
  }

  private String measure(Peer.Factory factory) throws Exception {
    Net net = Net.read(netFile);
    try (Peer peer = factory.create(this, net)) {
      double[] loss = {Double.NaN, Double.NaN};
      OptionalDouble ownMeasure = peer.trainingImagesPerSecond(seconds);
      double training =
          ownMeasure.isPresent()
              ? ownMeasure.getAsDouble()
              : imagesPerSecond(
                  peer,
                  () -> {
                    loss[1] = peer.train();
                    loss[0] = Double.isNaN(loss[0]) ? loss[1] : loss[0];
                  });
      long peakBytes = peakBytes();
      double inference = trainingOnly ? Double.NaN : imagesPerSecond(peer, peer::infer);
      return json(net, training, inference, peakBytes, loss);
    }
  }

  private double imagesPerSecond(Peer peer, Call call) throws Exception {
    repeat(call, WARM_UP_STEPS, seconds / 3);
    long began = System.nanoTime();
    int done = repeat(call, steps, seconds);
    return (double) done * peer.imagesPerCall() * 1e9 / (System.nanoTime() - began);
  }

  /** Calls until both the count and the time are reached; returns the count. */
  private static int repeat(Call call, int fewest, double seconds) throws Exception {
    long began = System.nanoTime();
    int done = 0;
    while (done < fewest || System.nanoTime() - began < seconds * 1e9) {
      call.run();
      done++;
    }
    return done;
  }

  private String json(Net net, double training, double inference, long peakBytes, double[] loss) {
    return String.format(
        Locale.ROOT,
        "{\"peer\":\"%s\",\"variant\":\"%s\",\"net\":\"%s\",\"batch\":%d,"
            + "\"trainingImagesPerSecond\":%.2f,\"inferenceImagesPerSecond\":%s,"
            + "\"trainingPeakBytes\":%d,\"firstLoss\":%s,\"lastLoss\":%s}",
        peer,
        variant,
        net.name(),
        batch,
        training,
        number(inference),
        peakBytes,
        number(loss[0]),
        number(loss[1]));
  }

  private static String number(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.5f", value) : "null";
  }

  /**
   * Largest resident size of this process so far, heap included; 0 where the system does not say.
   */
  private static long peakBytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return 0;
    }
    List<String> lines = Files.readAllLines(status);
    return lines.stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
        .findFirst()
        .orElse(0);
  }
}

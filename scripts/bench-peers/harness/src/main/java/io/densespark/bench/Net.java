package io.densespark.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * A net as every peer builds it, read from a text file. The first line is
 *
 * <pre>net NAME CHANNELS HEIGHT WIDTH CLASSES</pre>
 *
 * and every further one, in the order of execution,
 *
 * <pre>KIND NAME INPUT[,INPUT…] IN-CHANNELS OUT-CHANNELS KERNEL STRIDE PADDING</pre>
 *
 * @param layers in the order of execution; the last one is the classifier
 */
public record Net(
    String name, int channels, int height, int width, int classes, List<Layer> layers) {

  /** Name under which layers read the images. */
  public static final String IMAGES = "images";

  /** Learning rate of every peer's update: small, as each step sees the same batch. */
  public static final double LEARNING_RATE = 0.01;

  /** Momentum of every peer's Nesterov update. */
  public static final double MOMENTUM = 0.9;

  /** Added to the variance in every norm. */
  public static final double NORM_EPSILON = 1e-5;

  /** What a layer does. Convolutions have no bias; the classifier is dense, with one. */
  public enum Kind {
    CONVOLUTION,
    NORM,
    RELU,
    MAX_POOL,
    AVERAGE_POOL,
    GLOBAL_AVERAGE_POOL,
    CONCAT,
    CLASSIFIER
  }

  /** One layer; kernel, stride and padding are 0 where they mean nothing. */
  public record Layer(
      Kind kind,
      String name,
      List<String> inputs,
      int inChannels,
      int outChannels,
      int kernel,
      int stride,
      int padding) {

    private static Layer parse(String line) {
      String[] f = line.split(" ");
      return new Layer(
          Kind.valueOf(f[0]),
          f[1],
          List.of(f[2].split(",")),
          Integer.parseInt(f[3]),
          Integer.parseInt(f[4]),
          Integer.parseInt(f[5]),
          Integer.parseInt(f[6]),
          Integer.parseInt(f[7]));
    }

    /** Its line in a net's file. */
    String line() {
      return String.join(
          " ",
          kind.name(),
          name,
          String.join(",", inputs),
          String.valueOf(inChannels),
          String.valueOf(outChannels),
          String.valueOf(kernel),
          String.valueOf(stride),
          String.valueOf(padding));
    }

    /** The only input of a layer other than a concatenation. */
    public String input() {
      return inputs.get(0);
    }
  }

  /** Reads a net's file. */
  public static Net read(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    String[] f = lines.get(0).split(" ");
    return new Net(
        f[1],
        Integer.parseInt(f[2]),
        Integer.parseInt(f[3]),
        Integer.parseInt(f[4]),
        Integer.parseInt(f[5]),
        lines.stream().skip(1).map(Layer::parse).toList());
  }

  /** Writes a net's file. */
  public void write(Path file) throws IOException {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(Locale.ROOT, "net %s %d %d %d %d%n", name, channels, height, width, classes));
    layers.forEach(layer -> text.append(layer.line()).append(System.lineSeparator()));
    Files.writeString(file, text);
  }

  /** The same random images for every peer, [n, channels, height, width] in 0..1. */
  public float[] images(int n) {
    Random random = new Random(1);
    float[] values = new float[n * channels * height * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    return values;
  }

  /** The class of each of {@code n} images. */
  public int[] labels(int n) {
    int[] labels = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = i % classes;
    }
    return labels;
  }
}

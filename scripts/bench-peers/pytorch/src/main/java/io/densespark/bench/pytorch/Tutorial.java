package io.densespark.bench.pytorch;

import io.densespark.bench.Net;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Trains a net on Fashion-MNIST as the DenseNet tutorial does, in PyTorch: plain SGD at a constant
 * rate, images resized bilinearly and scaled to 0..1, every epoch in a new order, the incomplete
 * last batch kept. One line of JSON an epoch.
 *
 * <pre>Tutorial net=FILE data=DIRECTORY seed=1 [epochs=5] [batch=256] [rate=0.1] [limit=60000]
 *     [initial=xavier|he] [threads=2]</pre>
 */
public final class Tutorial {

  private static final int IDX_IMAGES_HEADER = 16;
  private static final int IDX_LABELS_HEADER = 8;

  /** Images, [n, 1, side, side] of bytes, and their classes. */
  private record Images(byte[] pixels, byte[] labels) {

    static Images read(Path directory, String part, int limit) throws IOException {
      byte[] labels = content(directory.resolve(part + "-labels-idx1-ubyte"), IDX_LABELS_HEADER);
      byte[] pixels = content(directory.resolve(part + "-images-idx3-ubyte"), IDX_IMAGES_HEADER);
      int size = pixels.length / labels.length;
      int n = Math.min(limit, labels.length);
      return new Images(Arrays.copyOf(pixels, n * size), Arrays.copyOf(labels, n));
    }

    private static byte[] content(Path file, int header) throws IOException {
      Path packed = file.resolveSibling(file.getFileName() + ".gz");
      try (InputStream in =
          Files.exists(packed)
              ? new GZIPInputStream(Files.newInputStream(packed))
              : Files.newInputStream(file)) {
        new DataInputStream(in).readFully(new byte[header]);
        return in.readAllBytes();
      }
    }

    int size() {
      return labels.length;
    }

    int side() {
      return (int) Math.round(Math.sqrt(pixels.length / (double) labels.length));
    }

    /** Rows as [n, 1, height, width] in 0..1, at the net's size. */
    Tensor images(int[] rows, Net net) {
      int size = side() * side();
      byte[] chosen = new byte[rows.length * size];
      for (int i = 0; i < rows.length; i++) {
        System.arraycopy(pixels, rows[i] * size, chosen, i * size, size);
      }
      long[] shape = {rows.length, 1, side(), side()};
      try (BytePointer pointer = new BytePointer(chosen)) {
        Tensor bytes = torch.from_blob(pointer, shape, new TensorOptions(ScalarType.Byte)).clone();
        Tensor scaled = bytes.to(ScalarType.Float).div_(new Scalar(255.0));
        long[] target = {net.height(), net.width()};
        return torch.upsample_bilinear2d(
            scaled, target, false, new DoubleOptional(), new DoubleOptional());
      }
    }

    Tensor labels(int[] rows) {
      long[] classes = Arrays.stream(rows).mapToLong(row -> labels[row]).toArray();
      return torch
          .from_blob(
              new LongPointer(classes),
              new long[] {rows.length},
              new TensorOptions(ScalarType.Long))
          .clone();
    }
  }

  private final Net net;
  private final TorchNet torchNet;
  private final SGD optimizer;
  private final int batch;
  private double loss;
  private long right;

  private Tutorial(Net net, TorchNet.Initial initial, double rate, int batch) {
    this.net = net;
    this.batch = batch;
    torchNet = new TorchNet(net, MemoryFormat.Contiguous, initial, false);
    optimizer = new SGD(torchNet.trained(), new SGDOptions(rate));
  }

  /** Trains, with the settings that the arguments name. */
  public static void main(String[] arguments) throws IOException {
    Map<String, String> given = new HashMap<>();
    for (String argument : arguments) {
      String[] pair = argument.split("=", 2);
      given.put(pair[0], pair[1]);
    }
    long seed = Long.parseLong(given.get("seed"));
    torch.set_num_threads(Integer.parseInt(given.getOrDefault("threads", "2")));
    torch.manual_seed(seed);
    Path data = Path.of(given.get("data"));
    Images train =
        Images.read(data, "train", Integer.parseInt(given.getOrDefault("limit", "60000")));
    Images test = Images.read(data, "t10k", Integer.MAX_VALUE);
    TorchNet.Initial initial =
        TorchNet.Initial.valueOf(given.getOrDefault("initial", "xavier").toUpperCase(Locale.ROOT));
    Tutorial tutorial =
        new Tutorial(
            Net.read(Path.of(given.get("net"))),
            initial,
            Double.parseDouble(given.getOrDefault("rate", "0.1")),
            Integer.parseInt(given.getOrDefault("batch", "256")));
    Random order = new Random(seed);
    int epochs = Integer.parseInt(given.getOrDefault("epochs", "5"));
    for (int epoch = 1; epoch <= epochs; epoch++) {
      long began = System.nanoTime();
      tutorial.train(train, order);
      double seconds = (System.nanoTime() - began) / 1e9;
      System.out.printf(
          Locale.ROOT,
          "{\"seed\":%d,\"epoch\":%d,\"trainLoss\":%.4f,\"trainAccuracy\":%.4f,\"testAccuracy\":%.4f,\"seconds\":%.1f}%n",
          seed,
          epoch,
          tutorial.loss / train.size(),
          (double) tutorial.right / train.size(),
          tutorial.accuracy(test),
          seconds);
    }
    // Native threads that the framework leaves behind would keep the process.
    Runtime.getRuntime().halt(0);
  }

  @SuppressWarnings("try") // the scope works by being open
  private void train(Images images, Random random) {
    List<Integer> order =
        new java.util.ArrayList<>(IntStream.range(0, images.size()).boxed().toList());
    Collections.shuffle(order, random);
    loss = 0;
    right = 0;
    for (int from = 0; from < order.size(); from += batch) {
      int[] rows =
          order.subList(from, Math.min(from + batch, order.size())).stream()
              .mapToInt(Integer::intValue)
              .toArray();
      try (PointerScope scope = new PointerScope()) {
        optimizer.zero_grad();
        Tensor labels = images.labels(rows);
        Tensor logits = torchNet.forward(images.images(rows, net), true);
        Tensor mean = torch.cross_entropy(logits, labels);
        mean.backward();
        optimizer.step();
        loss += mean.item_float() * rows.length;
        right += correct(logits, labels);
      }
    }
  }

  @SuppressWarnings("try") // as does this one
  private double accuracy(Images images) {
    long correct = 0;
    for (int from = 0; from < images.size(); from += batch) {
      int[] rows = IntStream.range(from, Math.min(from + batch, images.size())).toArray();
      try (PointerScope scope = new PointerScope();
          InferenceMode mode = new InferenceMode()) {
        Tensor logits = torchNet.forward(images.images(rows, net), false);
        correct += correct(logits, images.labels(rows));
      }
    }
    return (double) correct / images.size();
  }

  private static long correct(Tensor logits, Tensor labels) {
    return logits
        .argmax(new org.bytedeco.pytorch.LongOptional(1), false)
        .eq(labels)
        .sum()
        .item_long();
  }
}

package io.densespark.bench.pytorch;

import io.densespark.bench.Net;
import io.densespark.bench.Peer;
import io.densespark.bench.Round;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * PyTorch's eager execution of the net. The variant's first word is the memory format of images,
 * weights and all between: {@code nchw} or {@code channels-last}; {@code bf16} among the others
 * computes in bfloat16.
 */
public final class PyTorch implements Peer {

  private final Net net;
  private final TorchNet torchNet;
  private final SGD optimizer;
  private final Tensor images;
  private final Tensor labels;
  private final int batch;

  private PyTorch(Round round, Net net) {
    this.net = net;
    List<String> words = List.of(round.variant().split(" "));
    MemoryFormat format =
        switch (words.get(0)) {
          case "nchw" -> MemoryFormat.Contiguous;
          case "channels-last" -> MemoryFormat.ChannelsLast;
          default ->
              throw new IllegalArgumentException(
                  "variant must start with nchw or channels-last, was " + round.variant());
        };
    batch = round.batch();
    torch.set_num_threads(round.threads());
    torch.manual_seed(1);
    torchNet = new TorchNet(net, format, TorchNet.Initial.HE, words.contains("bf16"));
    SGDOptions options = new SGDOptions(Net.LEARNING_RATE);
    options.momentum().put(Net.MOMENTUM);
    options.nesterov().put(true);
    optimizer = new SGD(torchNet.trained(), options);
    images = copied(net.images(batch)).contiguous(format);
    long[] classes = Arrays.stream(net.labels(batch)).asLongStream().toArray();
    labels =
        torch
            .from_blob(
                new LongPointer(classes), new long[] {batch}, new TensorOptions(ScalarType.Long))
            .clone();
  }

  /** Runs one round. */
  public static void main(String[] arguments) {
    Round.run(arguments, PyTorch::new);
  }

  private Tensor copied(float[] values) {
    try (FloatPointer pointer = new FloatPointer(values)) {
      long[] shape = {batch, net.channels(), net.height(), net.width()};
      return torch.from_blob(pointer, shape).clone();
    }
  }

  @Override
  public int imagesPerCall() {
    return batch;
  }

  @Override
  @SuppressWarnings("try") // the scope works by being open
  public double train() {
    // The scope frees the step's tensors at once; the collector would be late.
    try (PointerScope scope = new PointerScope()) {
      optimizer.zero_grad();
      Tensor loss = torch.cross_entropy(torchNet.forward(images, true), labels);
      loss.backward();
      optimizer.step();
      return loss.item_float();
    }
  }

  @Override
  @SuppressWarnings("try") // as do both of these
  public void infer() {
    try (PointerScope scope = new PointerScope();
        InferenceMode mode = new InferenceMode()) {
      torch.softmax(torchNet.forward(images, false), 1);
    }
  }
}

package io.densespark.engine;

import io.densespark.engine.plan.ChannelMap;
import io.densespark.engine.plan.ChannelMap.Segment;
import io.densespark.engine.plan.Program;
import io.densespark.engine.plan.Tensor;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Rows;
import io.densespark.engine.plan.Tensor.Vector;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The buffers of an interpreted program. It knows no layout: a buffer is a set of channels, each an
 * array over images, rows and columns, so the blocks and types of images make no difference. Memory
 * starts as NaN, gaps of channel maps included, so that whatever is read before it was written
 * shows; images in buffers that keep their contents start as zeros.
 */
final class InterpreterMemory {

  private final Program program;
  private final Map<Integer, Map<Integer, double[]>> buffers = new HashMap<>();

  InterpreterMemory(Program program) {
    this.program = program;
  }

  private double[] memory(int buffer, int channel, int length, double untouched) {
    double[] values =
        buffers
            .computeIfAbsent(buffer, id -> new HashMap<>())
            .computeIfAbsent(
                channel,
                id -> {
                  double[] fresh = new double[length];
                  Arrays.fill(fresh, untouched);
                  return fresh;
                });
    if (values.length != length) {
      throw new IllegalStateException(
          "buffer " + program.buffers().get(buffer) + " is read in two shapes");
    }
    return values;
  }

  /** A physical channel over images, rows, columns. */
  double[] plane(Image image, int channel) {
    int length = image.images() * image.height() * image.width();
    boolean pinned = program.buffers().get(image.buffer()).pinned();
    return memory(image.buffer(), image.firstChannel() + channel, length, pinned ? 0 : Double.NaN);
  }

  double[] plane(Rows rows) {
    return memory(rows.buffer(), 0, rows.rows() * rows.features(), Double.NaN);
  }

  List<double[]> planes(Tensor tensor) {
    return tensor instanceof Image image
        ? IntStream.range(0, channels(image)).mapToObj(c -> plane(image, c)).toList()
        : List.of(plane((Rows) tensor));
  }

  static int channels(Tensor tensor) {
    return tensor instanceof Image image ? image.channels().physical() : ((Rows) tensor).features();
  }

  /** The values of a physical channel, or of a feature over all rows. */
  double[] channel(Tensor tensor, int c) {
    if (tensor instanceof Image image) {
      return plane(image, c);
    }
    Rows rows = (Rows) tensor;
    double[] values = new double[rows.rows()];
    Arrays.setAll(values, row -> plane(rows)[row * rows.features() + c]);
    return values;
  }

  void setChannel(Tensor tensor, int c, double[] values) {
    if (tensor instanceof Image image) {
      System.arraycopy(values, 0, plane(image, c), 0, values.length);
    } else {
      Rows rows = (Rows) tensor;
      for (int row = 0; row < values.length; row++) {
        plane(rows)[row * rows.features() + c] = values[row];
      }
    }
  }

  private double[] vector(Vector vector) {
    long bytes = program.buffers().get(vector.buffer()).bytes();
    return memory(vector.buffer(), 0, (int) (bytes / Float.BYTES), Double.NaN);
  }

  double get(Vector vector, int channel) {
    return vector(vector)[vector.first() + channel];
  }

  void set(Vector vector, int channel, double value) {
    vector(vector)[vector.first() + channel] = value;
  }

  void put(Vector vector, ChannelMap channels, IntToDoubleFunction of) {
    eachChannel(channels, (logical, physical) -> set(vector, physical, of.applyAsDouble(logical)));
  }

  /** A channel as the network counts and where it lies. */
  interface Channel {
    void at(int logical, int physical);
  }

  static void eachChannel(ChannelMap channels, Channel channel) {
    int[] physical = physical(channels);
    for (int c = 0; c < physical.length; c++) {
      channel.at(c, physical[c]);
    }
  }

  static int[] physical(ChannelMap channels) {
    int[] places = new int[channels.logical()];
    for (Segment segment : channels.segments()) {
      for (int i = 0; i < segment.length(); i++) {
        places[segment.logical() + i] = segment.physical() + i;
      }
    }
    return places;
  }

  /** Rows in the order channels, height, width to an image. */
  void spread(double[] rows, Image image) {
    eachFeature(image, (feature, plane, pixel) -> plane[pixel] = rows[feature]);
  }

  void gather(Image image, double[] rows) {
    eachFeature(image, (feature, plane, pixel) -> rows[feature] = plane[pixel]);
  }

  /** A value of a row-major array and where it lies in an image. */
  private interface Feature {
    void at(int index, double[] plane, int pixel);
  }

  private void eachFeature(Image image, Feature feature) {
    int[] channels = physical(image.channels());
    int pixels = image.height() * image.width();
    for (int c = 0; c < channels.length; c++) {
      double[] plane = plane(image, channels[c]);
      for (int p = 0; p < plane.length; p++) {
        int row = p / pixels * channels.length + c;
        feature.at(row * pixels + p % pixels, plane, p);
      }
    }
  }
}

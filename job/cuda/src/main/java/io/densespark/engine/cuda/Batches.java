package io.densespark.engine.cuda;

import com.sun.jna.Pointer;
import io.densespark.engine.DeviceModel;
import io.densespark.random.KeyedRandom;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Batches on their way to a device: two at a time, each through memory of its own, so that one is
 * copied on a stream beside the step of the other.
 */
final class Batches {
  private static final int PLACES = 2;

  private final Device device;
  private final long table;
  private final List<Place> places;
  private int staged;

  /**
   * @param features most floats of a batch's features
   * @param labels most floats of its labels
   * @param dropouts of the graph
   * @param table on the device, of what differs from call to call: see {@link Addresses.Arrays}
   */
  Batches(Device device, long features, long labels, long dropouts, long table) {
    this.device = device;
    this.table = table;
    this.places =
        IntStream.range(0, PLACES).mapToObj(i -> new Place(features, labels, dropouts)).toList();
  }

  /** Where a batch lies, here and on the device. */
  final class Place implements DeviceModel.Batch {
    private final Pointer here;
    private final Pointer tableHere;
    private final long features;
    private final long labels;
    private final Pointer copied = device.event();
    private final Pointer used = device.event();
    private int images;
    private boolean bytes;

    private Place(long featureCount, long labelCount, long dropouts) {
      this.features = device.allocate(Float.BYTES * featureCount);
      this.labels = device.allocate(Float.BYTES * labelCount);
      this.here = device.allocateHost(Float.BYTES * (featureCount + labelCount) + Long.BYTES);
      this.tableHere = device.allocateHost(tableBytes(dropouts));
    }

    int images() {
      return images;
    }
  }

  /** Bytes of the table for a graph with so many dropouts. */
  static long tableBytes(long dropouts) {
    return Long.BYTES * (Addresses.DROPOUT_KEYS + dropouts);
  }

  /**
   * Starts copying a batch, which lasts until the second one after it is staged.
   *
   * @param labels null for none
   */
  Place stage(INDArray features, INDArray labels) {
    Place place = places.get(staged++ % PLACES);
    device.await(place.copied);
    device.copies().waitFor(place.used);
    place.images = (int) features.size(0);
    place.bytes = features.dataType() == DataType.UINT8;
    long end = upload(place.here, features, place.features);
    if (labels != null) {
      upload(place.here.share(end), labels, place.labels);
    }
    device.copies().record(place.copied);
    return place;
  }

  private long upload(Pointer here, INDArray array, long target) {
    long bytes = array.length() * array.dataType().width();
    copy(CudaPlan.pointer(array), here, bytes);
    device.copies().upload(target, here, bytes);
    return (bytes + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
  }

  private static void copy(Pointer src, Pointer dst, long bytes) {
    for (long done = 0; done < bytes; done += Integer.MAX_VALUE) {
      long now = Math.min(Integer.MAX_VALUE, bytes - done);
      dst.getByteBuffer(done, now).put(src.getByteBuffer(done, now));
    }
  }

  /** Starts a program on a batch, when all that was started is done. */
  void start(Place batch, Executable program, long noiseSeed) {
    batch.tableHere.setLong(0, batch.bytes ? 1 : 0);
    batch.tableHere.setLong(Long.BYTES, batch.features);
    batch.tableHere.setLong(2 * Long.BYTES, batch.labels);
    long end = Addresses.DROPOUT_KEYS * Long.BYTES;
    for (int stream : program.dropoutStreams()) {
      long key = KeyedRandom.mix(noiseSeed + 0x9E3779B97F4A7C15L * (stream + 1));
      batch.tableHere.setLong(end, key);
      end += Long.BYTES;
    }
    device.compute().upload(table, batch.tableHere, end);
    device.compute().waitFor(batch.copied);
    program.start();
    device.compute().record(batch.used);
  }
}

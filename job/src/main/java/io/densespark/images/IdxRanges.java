package io.densespark.images;

import io.densespark.data.DataException;
import io.densespark.data.IdxPart;
import io.densespark.storage.InputFile;
import io.densespark.storage.InputFiles;
import io.densespark.storage.StorageFailure;
import io.densespark.text.Text;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkFiles;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Images of an IDX file that executors read, a range of them each. In a plain file a reader seeks
 * its range; a gzipped one it has to inflate from its start.
 *
 * <p>A file on the driver's disk is brought to the disks of executors by Spark, as there need be
 * none of its name there.
 */
public final class IdxRanges implements Serializable {

  /** A shorter range is not worth a task. */
  private static final int LEAST = 1024;

  /** What Spark brings already; it warns of what it is told twice. */
  private static final Map<SparkContext, Set<Path>> BROUGHT =
      Collections.synchronizedMap(new WeakHashMap<>());

  private final InputFiles files;
  private final String key;

  /** Name under which Spark brings the file; null: it is opened where it is. */
  private final String brought;

  private final IdxPart part;

  /** Number of the first image of each range, and of the one after the last. */
  private final int[] bounds;

  /**
   * Divides consecutive images into ranges.
   *
   * @param file holds the images
   * @param part what is known of them
   * @param from number of the first one
   * @param to number of the one after the last
   */
  public IdxRanges(JavaSparkContext context, InputFile file, IdxPart part, int from, int to) {
    this.files = new InputFiles(context.hadoopConfiguration());
    this.key = file.key();
    Path local = context.isLocal() ? null : file.local().orElse(null);
    this.brought = local == null ? null : local.getFileName().toString();
    if (local != null
        && BROUGHT.computeIfAbsent(context.sc(), of -> ConcurrentHashMap.newKeySet()).add(local)) {
      context.addFile(local.toUri().toString());
    }
    // Executors need no labels.
    this.part =
        new IdxPart(
            part.uri(), part.compressed(), part.height(), part.width(), part.turned(), new byte[0]);
    int count = to - from;
    int ranges = Math.max(1, Math.min(context.defaultParallelism(), count / LEAST));
    this.bounds =
        IntStream.rangeClosed(0, ranges)
            .map(range -> from + (int) ((long) range * count / ranges))
            .toArray();
  }

  /** Numbers of each range's images. */
  public List<int[]> numbers() {
    return IntStream.range(1, bounds.length)
        .mapToObj(range -> IntStream.range(bounds[range - 1], bounds[range]).toArray())
        .toList();
  }

  /**
   * The images, a partition for each range.
   *
   * @param row makes an element of an image's number and its pixels, uint8 [height, width]
   */
  public <T> JavaRDD<T> read(JavaSparkContext context, Function2<Integer, byte[], T> row) {
    return context
        .parallelize(
            Arrays.stream(bounds).limit(bounds.length - 1L).boxed().toList(), bounds.length - 1)
        .mapPartitionsWithIndex(
            (range, first) -> new Images<>(this, bounds[range], bounds[range + 1], row), true);
  }

  private InputStream open(int image) throws IOException {
    InputFile file =
        brought == null
            ? files.reopen(key)
            : files.at(Path.of(SparkFiles.get(brought)).toUri().toString());
    if (!part.compressed()) {
      return new BufferedInputStream(file.open(part.offset(image)));
    }
    InputStream in =
        new BufferedInputStream(
            new GzipCompressorInputStream(new BufferedInputStream(file.open()), true));
    try {
      in.skipNBytes(part.offset(image));
      return in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  private static final class Images<T> implements Iterator<T> {

    private final IdxPart part;
    private final int end;
    private final Function2<Integer, byte[], T> row;
    private final InputStream in;
    private int next;

    Images(IdxRanges ranges, int from, int end, Function2<Integer, byte[], T> row) {
      this.part = ranges.part;
      this.next = from;
      this.end = end;
      this.row = row;
      try {
        InputStream in = ranges.open(from);
        this.in = in;
        TaskContext.get()
            .addTaskCompletionListener(
                (TaskCompletionListener)
                    task -> {
                      try (ranges.files) {
                        in.close();
                      } catch (IOException e) {
                        throw unreadable(e);
                      }
                    });
      } catch (IOException e) {
        throw unreadable(e);
      }
    }

    private DataException unreadable(IOException e) {
      return new DataException(
          Text.format(
              "%s cannot be read at image %d, which it could a moment ago: %s; run again when nothing writes to the data",
              part.uri(), next, StorageFailure.text(e, part.uri())),
          e);
    }

    @Override
    public boolean hasNext() {
      return next < end;
    }

    @Override
    public T next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      try {
        byte[] stored = in.readNBytes(part.imageBytes());
        if (stored.length < part.imageBytes()) {
          throw new EOFException("it ends there");
        }
        return row.call(next++, part.upright(stored));
      } catch (IOException e) {
        throw unreadable(e);
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}

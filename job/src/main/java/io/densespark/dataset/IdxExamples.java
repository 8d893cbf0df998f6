package io.densespark.dataset;

import io.densespark.data.IdxPart;
import io.densespark.data.ShardLayout;
import io.densespark.images.DecodedImage;
import io.densespark.images.IdxRanges;
import io.densespark.storage.InputFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Consecutive examples of an IDX file, which executors read by ranges.
 *
 * @param file holds the images
 * @param part what is known of them
 * @param classOf by label, the index of its class
 * @param from number of the first example in the file
 * @param to number of the one after the last
 */
record IdxExamples(
    InputFile file, IdxPart part, int[] classOf, int from, int to, int channels, String sha256)
    implements Examples {

  @Override
  public int size() {
    return to - from;
  }

  @Override
  public ShardedDataSets shards(
      JavaSparkContext context, int classes, int imageSize, long seed, int worldSize) {
    IdxRanges ranges = new IdxRanges(context, file, part, from, to);
    List<int[]> examples = new ArrayList<>();
    List<int[]> labels = new ArrayList<>();
    for (int[] numbers : ranges.numbers()) {
      examples.add(IntStream.of(numbers).map(number -> number - from).toArray());
      labels.add(
          IntStream.of(numbers)
              .map(number -> classOf[Byte.toUnsignedInt(part.labels()[number])])
              .toArray());
    }
    return new ShardedDataSets(
        context,
        images(context, ranges),
        examples,
        labels,
        new ShardLayout(size(), channels, imageSize, classes, seed, worldSize));
  }

  private JavaRDD<LabelledImage> images(JavaSparkContext context, IdxRanges ranges) {
    int height = part.height();
    int width = part.width();
    String uri = part.uri();
    return ranges.read(
        context,
        (number, pixels) ->
            new LabelledImage(
                number,
                uri + "#" + number,
                Optional.empty(),
                Optional.empty(),
                () -> new DecodedImage(1, height, width, pixels)));
  }
}

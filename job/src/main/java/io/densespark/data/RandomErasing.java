package io.densespark.data;

import io.densespark.data.DataConfig.ErasingConfig;
import io.densespark.random.KeyedRandom;
import java.util.Arrays;
import java.util.Optional;

/**
 * Random erasing (Zhong et al. 2017): with some probability, a rectangle of random area, aspect and
 * place is overwritten. Area as a share of the image and aspect are uniform in their ranges; sides
 * are rounded to pixels; what does not lie within the image is drawn again, as in the authors' code
 * at most 100 times, after which the image stays as it is.
 */
final class RandomErasing {

  private static final int ATTEMPTS = 100;

  /** Rows and columns of an image, the ends left out. */
  record Rectangle(int top, int left, int bottom, int right) {}

  private RandomErasing() {}

  /**
   * Overwrites a rectangle of the image, the same in every channel, or nothing.
   *
   * @param image uint8 [channels, height, width]
   */
  static void apply(
      ErasingConfig config, byte[] image, int channels, int height, int width, KeyedRandom random) {
    if (random.nextDouble() < config.probability()) {
      draw(config, height, width, random)
          .ifPresent(rectangle -> fill(config, image, channels, height, width, rectangle, random));
    }
  }

  static Optional<Rectangle> draw(ErasingConfig config, int height, int width, KeyedRandom random) {
    double least = config.minAspect();
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      double area = height * width * between(config.minArea(), config.maxArea(), random);
      double aspect = between(least, 1 / least, random);
      int rows = (int) Math.rint(Math.sqrt(area * aspect));
      int columns = (int) Math.rint(Math.sqrt(area / aspect));
      if (rows < height && columns < width) {
        int top = random.nextInt(height - rows + 1);
        int left = random.nextInt(width - columns + 1);
        return Optional.of(new Rectangle(top, left, top + rows, left + columns));
      }
    }
    return Optional.empty();
  }

  private static double between(double low, double high, KeyedRandom random) {
    return low + random.nextDouble() * (high - low);
  }

  private static void fill(
      ErasingConfig config,
      byte[] image,
      int channels,
      int height,
      int width,
      Rectangle rectangle,
      KeyedRandom random) {
    for (int plane = 0; plane < channels; plane++) {
      for (int y = rectangle.top(); y < rectangle.bottom(); y++) {
        int row = (plane * height + y) * width;
        int from = row + rectangle.left();
        int to = row + rectangle.right();
        if (config.fill() == ErasingConfig.NOISE) {
          noise(image, from, to, random);
        } else {
          Arrays.fill(image, from, to, (byte) config.fill());
        }
      }
    }
  }

  private static void noise(byte[] image, int from, int to, KeyedRandom random) {
    long drawn = 0;
    for (int i = from; i < to; i++) {
      drawn = (i - from) % Long.BYTES == 0 ? random.nextLong() : drawn >>> Byte.SIZE;
      image[i] = (byte) drawn;
    }
  }
}

package io.densespark.job.run;

import io.densespark.data.FashionMnist;
import io.densespark.data.ImageSet;
import io.densespark.evaluation.Mistake;
import io.densespark.metrics.MistakeRecord;
import io.densespark.text.Text;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Mistakes as they are written: with names and pictures. */
final class MistakeRecords {

  private MistakeRecords() {}

  /**
   * @param images grey images as they were read, before resizing
   * @param order index of each evaluated example among the images
   */
  static List<MistakeRecord> of(int epoch, List<Mistake> mistakes, ImageSet images, int[] order) {
    return mistakes.stream()
        .map(
            mistake ->
                new MistakeRecord(
                    epoch,
                    order[mistake.example()],
                    FashionMnist.className(mistake.label()),
                    FashionMnist.className(mistake.predicted()),
                    mistake.probability(),
                    mistake.labelProbability(),
                    Base64.getEncoder().encodeToString(png(images, order[mistake.example()]))))
        .toList();
  }

  private static byte[] png(ImageSet images, int index) {
    if (images.channels() != 1) {
      throw new IllegalArgumentException(
          Text.format("images of %d channels: only grey ones are drawn", images.channels()));
    }
    int from = index * images.imageBytes();
    byte[] pixels = Arrays.copyOfRange(images.pixels(), from, from + images.imageBytes());
    BufferedImage picture =
        new BufferedImage(images.width(), images.height(), BufferedImage.TYPE_BYTE_GRAY);
    picture.getRaster().setDataElements(0, 0, images.width(), images.height(), pixels);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    // Without a cache file on a disk that may be full.
    try (MemoryCacheImageOutputStream memory = new MemoryCacheImageOutputStream(out)) {
      ImageIO.write(picture, "png", memory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}

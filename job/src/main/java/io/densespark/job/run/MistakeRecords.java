package io.densespark.job.run;

import io.densespark.data.ImageSet;
import io.densespark.evaluation.Mistake;
import io.densespark.metrics.MistakeRecord;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Mistakes as they are written: with names and pictures. */
final class MistakeRecords {

  private MistakeRecords() {}

  /**
   * @param pictures the image of each mistake
   * @param order index of each evaluated example among the images
   * @param classNames by class index
   */
  static List<MistakeRecord> of(
      int epoch,
      List<Mistake> mistakes,
      List<ImageSet> pictures,
      int[] order,
      List<String> classNames) {
    List<MistakeRecord> records = new ArrayList<>();
    for (int i = 0; i < mistakes.size(); i++) {
      Mistake mistake = mistakes.get(i);
      records.add(
          new MistakeRecord(
              epoch,
              order[mistake.example()],
              classNames.get(mistake.label()),
              classNames.get(mistake.predicted()),
              mistake.probability(),
              mistake.labelProbability(),
              Base64.getEncoder().encodeToString(png(pictures.get(i)))));
    }
    return List.copyOf(records);
  }

  /** A grey image, or one of three planes. */
  private static byte[] png(ImageSet image) {
    int plane = image.height() * image.width();
    boolean grey = image.channels() == 1;
    BufferedImage picture =
        new BufferedImage(
            image.width(),
            image.height(),
            grey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
    for (int c = 0; c < image.channels(); c++) {
      int[] samples = new int[plane];
      for (int i = 0; i < plane; i++) {
        samples[i] = image.pixels()[c * plane + i] & 0xff;
      }
      picture.getRaster().setSamples(0, 0, image.width(), image.height(), c, samples);
    }
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

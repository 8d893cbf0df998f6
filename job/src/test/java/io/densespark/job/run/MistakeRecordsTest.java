package io.densespark.job.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.data.FashionMnist;
import io.densespark.data.ImageSet;
import io.densespark.evaluation.Mistake;
import io.densespark.metrics.MistakeRecord;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class MistakeRecordsTest {

  @Test
  void recordHasTheNumberNamesAndPixelsOfTheImage() throws IOException {
    byte[] pixels = new byte[3 * 5 * 7];
    new Random(1).nextBytes(pixels);
    ImageSet images = new ImageSet(1, 5, 7, pixels, new byte[] {6, 0, 4});

    List<MistakeRecord> records =
        MistakeRecords.of(
            3,
            List.of(new Mistake(1, 6, 0, 0.75f, 0.25f)),
            List.of(images.range(2, 3)),
            new int[] {1, 2, 0},
            FashionMnist.CLASS_NAMES);

    assertThat(records).hasSize(1);
    MistakeRecord record = records.get(0);
    assertThat(record.epoch()).isEqualTo(3);
    assertThat(record.image()).isEqualTo(2);
    assertThat(record.label()).isEqualTo("Shirt");
    assertThat(record.predicted()).isEqualTo("T-shirt/top");
    BufferedImage picture =
        ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(record.png())));
    assertThat(picture.getWidth()).isEqualTo(7);
    assertThat(picture.getHeight()).isEqualTo(5);
    for (int p = 0; p < 35; p++) {
      assertThat((byte) picture.getRaster().getSample(p % 7, p / 7, 0)).isEqualTo(pixels[70 + p]);
    }
  }

  @Test
  void pictureOfThreePlanesIsInColour() throws IOException {
    byte[] pixels = new byte[3 * 2 * 4];
    new Random(2).nextBytes(pixels);

    MistakeRecord record =
        MistakeRecords.of(
                1,
                List.of(new Mistake(0, 1, 0, 0.75f, 0.25f)),
                List.of(new ImageSet(3, 2, 4, pixels, new byte[1])),
                new int[] {0},
                List.of("cat", "dog"))
            .get(0);

    assertThat(record.label()).isEqualTo("dog");
    BufferedImage picture =
        ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(record.png())));
    for (int p = 0; p < 8; p++) {
      int rgb = picture.getRGB(p % 4, p / 4);
      assertThat((byte) (rgb >> 16)).isEqualTo(pixels[p]);
      assertThat((byte) (rgb >> 8)).isEqualTo(pixels[8 + p]);
      assertThat((byte) rgb).isEqualTo(pixels[16 + p]);
    }
  }
}

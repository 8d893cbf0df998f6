package io.densespark.prediction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDecoderTest {

  private static final byte[] RAMP = ramp();

  @Test
  void greySamplesAreTakenAsTheyAre() throws Exception {
    DecodedImage image = ImageDecoder.decode(ImageFiles.greyPng(RAMP, 0, 16, 16));

    assertThat(image.channels()).isEqualTo(1);
    assertThat(image.pixels()).containsExactly(RAMP);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_INT_RGB,
        BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_BYTE_INDEXED
      })
  void colourOfEqualPartsBecomesThatGrey(int type) throws Exception {
    BufferedImage image = new BufferedImage(16, 16, type);
    // The colours that an indexed image has by default are exact in steps of 51.
    int step = type == BufferedImage.TYPE_BYTE_INDEXED ? 51 : 1;
    byte[] expected = new byte[256];
    for (int i = 0; i < 256; i++) {
      int value = i / step * step;
      expected[i] = (byte) value;
      image.setRGB(i % 16, i / 16, 0xff000000 | value << 16 | value << 8 | value);
    }

    DecodedImage decoded = ImageDecoder.decode(ImageFiles.png(image));

    assertThat(decoded.channels()).isEqualTo(3);
    assertThat(decoded.grey().pixels()).containsExactly(expected);
  }

  @Test
  void coloursKeepTheirOrder() throws Exception {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, 0x0a141e);

    DecodedImage decoded = ImageDecoder.decode(ImageFiles.png(image));

    assertThat(decoded.pixels()).containsExactly(10, 20, 30);
    // 0.299 * 10 + 0.587 * 20 + 0.114 * 30
    assertThat(decoded.grey().pixels()).containsExactly(18);
  }

  @Test
  void sixteenBitsAreRoundedToEight() throws Exception {
    BufferedImage image = new BufferedImage(4, 1, BufferedImage.TYPE_USHORT_GRAY);
    int[] samples = {0, 128, 129, 65535};
    for (int x = 0; x < samples.length; x++) {
      image.getRaster().setSample(x, 0, 0, samples[x]);
    }

    assertThat(ImageDecoder.decode(ImageFiles.png(image)).pixels())
        .containsExactly(0, 0, 1, (byte) 255);
  }

  @Test
  void whatIsTransparentIsBlack() throws Exception {
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, 0x00ffffff);
    image.setRGB(1, 0, 0x80ffffff);

    assertThat(ImageDecoder.decode(ImageFiles.png(image)).grey().pixels())
        .containsExactly(0, (byte) 128);
  }

  @Test
  void everyByteOfAPngThatIsWrongIsNoticed() {
    byte[] png = ImageFiles.greyPng(RAMP, 0, 16, 16);
    for (int i = 0; i < png.length; i++) {
      byte[] damaged = png.clone();
      damaged[i] ^= 0x10;
      assertThatThrownBy(() -> ImageDecoder.decode(damaged))
          .as("byte %d", i)
          .isInstanceOf(UnreadableImageException.class);
    }
  }

  @Test
  void everyPngThatIsCutOffIsNoticed() {
    byte[] png = ImageFiles.greyPng(RAMP, 0, 16, 16);
    for (int length = 0; length < png.length; length++) {
      byte[] cut = Arrays.copyOf(png, length);
      assertThatThrownBy(() -> ImageDecoder.decode(cut))
          .as("%d bytes", length)
          .isInstanceOf(UnreadableImageException.class);
    }
  }

  @Test
  void textIsNoImage() {
    assertThatThrownBy(() -> ImageDecoder.decode("no image".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageContaining("known format");
  }

  @Test
  void anImageThatWouldTakeAllMemoryIsRefusedBeforeItIsDecoded() {
    BufferedImage small = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY);
    byte[] png = ImageFiles.png(small);
    // The width in the header, and the header's checksum.
    java.nio.ByteBuffer bytes = java.nio.ByteBuffer.wrap(png);
    bytes.putInt(16, 1 << 16).putInt(20, 1 << 16);
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(png, 12, 17);
    bytes.putInt(29, (int) crc.getValue());

    assertThatThrownBy(() -> ImageDecoder.decode(png)).hasMessageContaining("65536x65536");
  }

  private static byte[] ramp() {
    byte[] ramp = new byte[256];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = (byte) i;
    }
    return ramp;
  }
}

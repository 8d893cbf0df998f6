package io.densespark.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

  /** Figures of Pillow 9.4, which decodes with libjpeg: eight patches of flat colour. */
  @Test
  void inkBecomesTheLightThatItLeaves() throws Exception {
    assertPatches(
        "cmyk.jpg",
        new int[] {0x222222, 0xffffff, 0x00ffff, 0xff00ff, 0xffff00, 0xbb2a7e, 0x43707f, 0x000000});
    assertPatches(
        "ycck.jpg",
        new int[] {0x001200, 0x008600, 0x4dff1e, 0x002fe3, 0xb30000, 0x00086a, 0x007a00, 0x000000});
  }

  private static void assertPatches(String name, int[] colours) throws Exception {
    DecodedImage image = ImageDecoder.decode(resource(name));
    int plane = image.height() * image.width();
    for (int patch = 0; patch < colours.length; patch++) {
      for (int channel = 0; channel < 3; channel++) {
        int met = image.pixels()[channel * plane + 4 * image.width() + 8 * patch + 4] & 0xff;
        assertThat(met)
            .as("%s, patch %d, channel %d", name, patch, channel)
            .isCloseTo(colours[patch] >> 8 * (2 - channel) & 0xff, within(1));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"jpg", "gif", "bmp"})
  void everyFileThatIsCutOffIsNoticed(String format) throws Exception {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < 1024; i++) {
      image.getRaster().setSample(i % 32, i / 32, 0, i * 31 % 256);
    }
    byte[] whole = ImageFiles.encode(image, format);
    assertThat(ImageDecoder.decode(whole).height()).isEqualTo(32);
    // A GIF's picture is whole before its last byte, the trailer.
    int last = format.equals("gif") ? whole.length - 2 : whole.length - 1;
    for (int length = 0; length <= last; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> ImageDecoder.decode(cut))
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(UnreadableImageException.class)
          .hasMessageNotContaining("null");
    }
  }

  @Test
  void aJpegWithoutItsMiddleIsNoticed() throws Exception {
    BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < 4096; i++) {
      image.getRaster().setSample(i % 64, i / 64, 0, i * 31 % 256);
    }
    byte[] whole = ImageFiles.encode(image, "jpg");
    byte[] pieces = Arrays.copyOf(whole, whole.length / 2 + 2);
    pieces[pieces.length - 2] = (byte) 0xff;
    pieces[pieces.length - 1] = (byte) 0xd9;

    assertThatThrownBy(() -> ImageDecoder.decode(pieces))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageContaining("damaged");
  }

  /** A picture of two rows, abc over def, as each orientation of Exif 2.3 stores it. */
  @ParameterizedTest
  @CsvSource({
    "1, 2, abcdef", "2, 2, cbafed", "3, 2, fedcba", "4, 2, defabc",
    "5, 3, adbecf", "6, 3, cfbead", "7, 3, fcebda", "8, 3, daebfc"
  })
  void picturesArePutUpright(int orientation, int rows, String stored) {
    byte[] pixels = stored.getBytes(StandardCharsets.US_ASCII);

    DecodedImage upright = Exif.upright(new DecodedImage(1, rows, 6 / rows, pixels), orientation);

    assertThat(upright.height()).isEqualTo(2);
    assertThat(new String(upright.pixels(), StandardCharsets.US_ASCII)).isEqualTo("abcdef");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "II*\0\10\0\0\0\1\0\22\1\3\0\1\0\0\0\6\0\0\0",
        "MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\6\0\0"
      })
  void theOrientationIsReadInEitherByteOrder(String tiff) throws Exception {
    byte[] exif = ("Exif\0\0" + tiff).getBytes(StandardCharsets.ISO_8859_1);
    byte[] jpeg = ImageFiles.encode(new BufferedImage(4, 2, BufferedImage.TYPE_BYTE_GRAY), "jpg");
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write(jpeg, 0, 2);
    file.write(new byte[] {(byte) 0xff, (byte) 0xe1, 0, (byte) (exif.length + 2)});
    file.write(exif);
    file.write(jpeg, 2, jpeg.length - 2);

    assertThat(ImageDecoder.decode(file.toByteArray()).height()).isEqualTo(4);
  }

  private static byte[] resource(String name) throws Exception {
    return Files.readAllBytes(Path.of("src/test/resources/images", name));
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

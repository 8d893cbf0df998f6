package io.densespark.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** IDX files made by hand, and the shipped sample. */
final class IdxFiles {

  static final int IMAGES = 0x0803;
  static final int LABELS = 0x0801;

  private IdxFiles() {}

  /** Header as given, then bytes counting up from 0. */
  static byte[] idx(int magic, int elements, int... dimensions) {
    ByteBuffer file = ByteBuffer.allocate(4 + 4 * dimensions.length + elements).putInt(magic);
    for (int dimension : dimensions) {
      file.putInt(dimension);
    }
    for (int i = 0; file.hasRemaining(); i++) {
      file.put((byte) i);
    }
    return file.array();
  }

  static byte[] gzip(byte[] content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** A gzip file of a few megabytes that inflates to this start and four gigabytes of zeros. */
  static byte[] bomb(byte[] start) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(gzip(start));
    byte[] zeros = gzip(new byte[1 << 26]);
    for (int member = 0; member < 64; member++) {
      bytes.writeBytes(zeros);
    }
    return bytes.toByteArray();
  }

  static Path sample() {
    try {
      return Path.of(IdxFiles.class.getResource("/fashion-mnist-sample").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static void copySample(Path directory) throws IOException {
    Files.createDirectories(directory);
    for (PublishedFile file : PublishedFile.values()) {
      Files.copy(sample().resolve(file.archiveName()), directory.resolve(file.archiveName()));
    }
  }

  static ImageSet sampleTrain() {
    return new IdxReader(FileOpener.local())
        .read(
            sample().resolve(PublishedFile.TRAIN_IMAGES.archiveName()).toString(),
            sample().resolve(PublishedFile.TRAIN_LABELS.archiveName()).toString())
        .images();
  }
}

package io.densespark.data;

import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfigLoader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** IDX files made by hand, the shipped sample, and files read whole. */
public final class IdxFiles {

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

  public static byte[] gzip(byte[] content) {
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
    return train(sample().toString());
  }

  /** All training images of a folder of four files. */
  public static ImageSet train(String folder) {
    return load(new FashionMnist(FileOpener.local()), folder).train();
  }

  /** All test images. */
  public static ImageSet test(String folder) {
    return load(new FashionMnist(FileOpener.local()), folder).test();
  }

  /** Images, every label 0. */
  public static ImageSet images(String file) {
    try (IdxImages images = new IdxReader(FileOpener.local()).images(file)) {
      return whole(images);
    }
  }

  /** All that four files hold. */
  record Loaded(ImageSet train, ImageSet test, LabelledFiles files) {}

  private static Loaded load(FashionMnist source, String folder) {
    return load(
        source,
        new RunConfigLoader()
            .load(new ConfigSources().set("data.path=" + folder).set("data.verify-checksums=false"))
            .data());
  }

  static Loaded load(FashionMnist source, DataConfig config) {
    List<ImageSet> parts = new ArrayList<>();
    LabelledFiles files =
        source.load(config, train -> parts.add(whole(train)), test -> parts.add(whole(test)));
    return new Loaded(parts.get(0), parts.get(1), files);
  }

  /** All images that are left. */
  static ImageSet whole(IdxImages images) {
    IdxPart part = images.part();
    ByteBuffer pixels = ByteBuffer.allocate(part.size() * part.imageBytes());
    while (pixels.hasRemaining()) {
      pixels.put(images.next());
    }
    return new ImageSet(1, part.height(), part.width(), pixels.array(), part.labels());
  }

  /** Every image resized to a square. */
  public static ImageSet resized(ImageSet images, int side) {
    int planes = images.size() * images.channels();
    byte[] pixels = new byte[planes * side * side];
    new BilinearResize(images.height(), images.width(), side, side)
        .apply(images.pixels(), 0, planes, pixels, 0);
    return new ImageSet(images.channels(), side, side, pixels, images.labels());
  }

  /** Writes four plain files. */
  public static void write(Path folder, ImageSet train, ImageSet test) throws IOException {
    Files.createDirectories(folder);
    write(folder, "train", train);
    write(folder, "t10k", test);
  }

  private static void write(Path folder, String part, ImageSet set) throws IOException {
    ByteBuffer images = ByteBuffer.allocate(16 + set.pixels().length).putInt(IMAGES);
    images.putInt(set.size()).putInt(set.height()).putInt(set.width()).put(set.pixels());
    ByteBuffer labels = ByteBuffer.allocate(8 + set.size()).putInt(LABELS);
    labels.putInt(set.size()).put(set.labels());
    Files.write(folder.resolve(part + "-images-idx3-ubyte"), images.array());
    Files.write(folder.resolve(part + "-labels-idx1-ubyte"), labels.array());
  }
}

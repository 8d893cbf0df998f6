package io.densespark.images;

import io.densespark.text.Text;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructType;

/**
 * Where the rows of a DataFrame hold their images: in a column that is named, or else in the first
 * of {@code image}, {@code content}, {@code png} and {@code pixels} that holds any. It may be
 *
 * <ul>
 *   <li>binary: an image file (Spark's {@code binaryFile} source has {@code content}); in {@code
 *       pixels}, unsigned pixels
 *   <li>a struct with binary {@code bytes}: an image file, as Hugging Face writes
 *   <li>the struct of Spark's {@code image} source
 *   <li>an array of numbers: pixels, row-major, one channel or three planes; bytes are unsigned,
 *       other whole numbers 0 to 255, floating-point numbers 0 to 1
 * </ul>
 *
 * <p>Of pixels, columns {@code height} and {@code width} tell the shape; without them images are
 * square.
 */
public sealed interface ImageColumns extends Serializable {

  /** Text beside {@code content}: why there is none. */
  String UNREADABLE = "unreadable";

  String PIXELS = "pixels";
  String HEIGHT = "height";
  String WIDTH = "width";

  /** The columns that are read, and of no use once they are. */
  List<String> names();

  /** The image of a row. */
  DecodedImage read(Row row) throws UnreadableImageException;

  /**
   * Finds the images of a schema.
   *
   * @throws IllegalArgumentException when there are none, naming what is there and what would do
   */
  static ImageColumns of(StructType schema) {
    for (String name : List.of("image", "content", "png", "pixels")) {
      boolean there = Arrays.asList(schema.fieldNames()).contains(name);
      Optional<ImageColumns> found = there ? in(schema, name) : Optional.empty();
      if (found.isPresent()) {
        return found.get();
      }
    }
    throw new IllegalArgumentException(
        Text.format(
            "no images found in the columns %s: expected a binary column image, content or png with image files, Spark's struct image, or a column pixels with bytes or an array of numbers",
            schema.simpleString()));
  }

  /**
   * The images of a column of any name; binary holds image files, unless it is called {@code
   * pixels}.
   *
   * @throws IllegalArgumentException when there is no such column, or it holds none
   */
  static ImageColumns of(StructType schema, String name) {
    if (!Arrays.asList(schema.fieldNames()).contains(name)) {
      throw new IllegalArgumentException(
          Text.format(
              "there is no column \"%s\" among %s: set data.columns.image",
              name, schema.simpleString()));
    }
    return in(schema, name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    Text.format(
                        "the column \"%s\" is %s: expected binary, Spark's image struct, a struct with bytes, or an array of numbers",
                        name, schema.apply(name).dataType().simpleString())));
  }

  private static Optional<ImageColumns> in(StructType schema, String name) {
    DataType type = schema.apply(name).dataType();
    int index = schema.fieldIndex(name);
    List<String> fields = Arrays.asList(schema.fieldNames());
    boolean numbers = type instanceof ArrayType array && array.elementType() instanceof NumericType;
    boolean binary = type.equals(DataTypes.BinaryType);
    if (numbers || binary && name.equals(PIXELS)) {
      boolean shaped = fields.containsAll(List.of(HEIGHT, WIDTH));
      return Optional.of(
          new Pixels(
              name,
              index,
              shaped ? schema.fieldIndex(HEIGHT) : -1,
              shaped ? schema.fieldIndex(WIDTH) : -1));
    }
    if (binary) {
      int unreadable = fields.contains(UNREADABLE) ? schema.fieldIndex(UNREADABLE) : -1;
      return Optional.of(new Files(name, index, unreadable));
    }
    if (type instanceof StructType struct) {
      List<String> parts = Arrays.asList(struct.fieldNames());
      if (parts.contains("bytes")
          && struct.apply("bytes").dataType().equals(DataTypes.BinaryType)) {
        return Optional.of(new FilesInStruct(name, index, struct.fieldIndex("bytes")));
      }
      List<String> wanted = List.of(HEIGHT, WIDTH, "nChannels", "data");
      if (parts.containsAll(wanted)) {
        return Optional.of(
            new SparkImages(name, index, wanted.stream().mapToInt(struct::fieldIndex).toArray()));
      }
    }
    return Optional.empty();
  }

  /**
   * Image files.
   *
   * @param unreadable index of the column that says why there is none; -1: there is no such column
   */
  record Files(String name, int index, int unreadable) implements ImageColumns {
    @Override
    public List<String> names() {
      return unreadable < 0 ? List.of(name) : List.of(name, UNREADABLE);
    }

    @Override
    public DecodedImage read(Row row) throws UnreadableImageException {
      if (unreadable >= 0 && !row.isNullAt(unreadable)) {
        throw new UnreadableImageException(row.getString(unreadable));
      }
      return ImageDecoder.decode(present(row, index, name));
    }
  }

  /** Image files within a struct. */
  record FilesInStruct(String name, int index, int bytes) implements ImageColumns {
    @Override
    public List<String> names() {
      return List.of(name);
    }

    @Override
    public DecodedImage read(Row row) throws UnreadableImageException {
      Row struct = present(row, index, name);
      return ImageDecoder.decode(present(struct, bytes, name + ".bytes"));
    }
  }

  /**
   * What Spark's image source decodes: rows of pixels, each blue, green, red and perhaps alpha.
   *
   * @param fields indexes of height, width, channels and data
   */
  record SparkImages(String name, int index, int[] fields) implements ImageColumns {
    @Override
    public List<String> names() {
      return List.of(name);
    }

    @Override
    public DecodedImage read(Row row) throws UnreadableImageException {
      Row image = present(row, index, name);
      int height = image.getInt(fields[0]);
      int width = image.getInt(fields[1]);
      int channels = image.getInt(fields[2]);
      byte[] data = image.getAs(fields[3]);
      if (height < 1 || width < 1) {
        throw new UnreadableImageException("could not be decoded by Spark's image source");
      }
      if (channels != 1 && channels != 3 && channels != 4
          || data.length != (long) height * width * channels) {
        throw new UnreadableImageException(
            Text.format(
                "has %d bytes for %dx%d pixels of %d channels",
                data.length, height, width, channels));
      }
      if (channels == 1) {
        return new DecodedImage(1, height, width, data);
      }
      int plane = height * width;
      byte[] pixels = new byte[3 * plane];
      for (int i = 0; i < plane; i++) {
        int opaque = channels == 4 ? data[i * channels + 3] & 0xff : 255;
        for (int c = 0; c < 3; c++) {
          int value = data[i * channels + 2 - c] & 0xff;
          pixels[c * plane + i] = (byte) ((value * opaque + 127) / 255);
        }
      }
      return new DecodedImage(3, height, width, pixels);
    }
  }

  /** Bare pixels. */
  record Pixels(String name, int index, int height, int width) implements ImageColumns {
    @Override
    public List<String> names() {
      return height < 0 ? List.of(name) : List.of(name, HEIGHT, WIDTH);
    }

    @Override
    public DecodedImage read(Row row) throws UnreadableImageException {
      Object value = present(row, index, name);
      byte[] pixels = value instanceof byte[] bytes ? bytes : PixelArrays.bytes(row.getList(index));
      if (height >= 0) {
        Number rows = present(row, height, HEIGHT);
        Number columns = present(row, width, WIDTH);
        return shaped(pixels, rows.intValue(), columns.intValue());
      }
      return square(pixels);
    }

    private static DecodedImage shaped(byte[] pixels, int rows, int columns)
        throws UnreadableImageException {
      long plane = (long) rows * columns;
      for (int channels : new int[] {1, 3}) {
        if (rows > 0 && columns > 0 && pixels.length == channels * plane) {
          return new DecodedImage(channels, rows, columns, pixels);
        }
      }
      throw new UnreadableImageException(
          Text.format("has %d pixels where %dx%d are announced", pixels.length, rows, columns));
    }
  }

  /** Pixels of a square image, of one channel or three planes. */
  static DecodedImage square(byte[] pixels) throws UnreadableImageException {
    for (int channels : new int[] {1, 3}) {
      int side = (int) Math.round(Math.sqrt(pixels.length / (double) channels));
      if (side > 0 && pixels.length == channels * side * side) {
        return new DecodedImage(channels, side, side, pixels);
      }
    }
    throw new UnreadableImageException(
        Text.format(
            "has %d pixels, which is no square: columns height and width are needed",
            pixels.length));
  }

  private static <T> T present(Row row, int index, String name) throws UnreadableImageException {
    if (row.isNullAt(index)) {
      throw new UnreadableImageException("has no " + name);
    }
    return row.getAs(index);
  }
}

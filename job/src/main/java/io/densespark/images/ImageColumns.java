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
 * Where the rows of a DataFrame hold their images. Recognised are, in this order:
 *
 * <ul>
 *   <li>{@code image}, {@code content} or {@code png}, binary: an image file (Spark's {@code
 *       binaryFile} source has {@code content})
 *   <li>{@code image}, a struct with binary {@code bytes}: an image file, as Hugging Face writes
 *   <li>{@code image}, the struct of Spark's {@code image} source
 *   <li>{@code pixels}, binary or an array of numbers, row-major, one channel or three planes:
 *       binary and bytes are unsigned, other whole numbers 0 to 255, floating-point numbers 0 to 1;
 *       columns {@code height} and {@code width} tell the shape, without them images are square
 * </ul>
 */
public sealed interface ImageColumns extends Serializable {

  /** Names of binary columns that hold image files. */
  List<String> FILES = List.of("image", "content", "png");

  /** Text beside {@code content}: why there is none. */
  String UNREADABLE = "unreadable";

  String IMAGE = "image";
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
    for (String name : FILES) {
      if (typeOf(schema, name).filter(DataTypes.BinaryType::equals).isPresent()) {
        int unreadable =
            typeOf(schema, UNREADABLE).isPresent() ? schema.fieldIndex(UNREADABLE) : -1;
        return new Files(name, schema.fieldIndex(name), unreadable);
      }
    }
    if (typeOf(schema, IMAGE).orElse(null) instanceof StructType struct) {
      if (typeOf(struct, "bytes").filter(DataTypes.BinaryType::equals).isPresent()) {
        return new FilesInStruct(schema.fieldIndex(IMAGE), struct.fieldIndex("bytes"));
      }
      List<String> fields = List.of(HEIGHT, WIDTH, "nChannels", "data");
      if (Arrays.asList(struct.fieldNames()).containsAll(fields)) {
        return new SparkImages(
            schema.fieldIndex(IMAGE), fields.stream().mapToInt(struct::fieldIndex).toArray());
      }
    }
    if (typeOf(schema, PIXELS).filter(ImageColumns::holdsPixels).isPresent()) {
      boolean shaped = Arrays.asList(schema.fieldNames()).containsAll(List.of(HEIGHT, WIDTH));
      return new Pixels(
          schema.fieldIndex(PIXELS),
          shaped ? schema.fieldIndex(HEIGHT) : -1,
          shaped ? schema.fieldIndex(WIDTH) : -1);
    }
    throw new IllegalArgumentException(
        Text.format(
            "no images found in the columns %s: expected a binary column image, content or png with image files, Spark's struct image, or a column pixels with bytes or an array of numbers",
            schema.simpleString()));
  }

  private static boolean holdsPixels(DataType type) {
    return type.equals(DataTypes.BinaryType)
        || type instanceof ArrayType array && array.elementType() instanceof NumericType;
  }

  private static Optional<DataType> typeOf(StructType schema, String name) {
    return Arrays.asList(schema.fieldNames()).contains(name)
        ? Optional.of(schema.apply(name).dataType())
        : Optional.empty();
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
  record FilesInStruct(int index, int bytes) implements ImageColumns {
    @Override
    public List<String> names() {
      return List.of(IMAGE);
    }

    @Override
    public DecodedImage read(Row row) throws UnreadableImageException {
      Row struct = present(row, index, IMAGE);
      return ImageDecoder.decode(present(struct, bytes, "image.bytes"));
    }
  }

  /**
   * What Spark's image source decodes: rows of pixels, each blue, green, red and perhaps alpha.
   *
   * @param fields indexes of height, width, channels and data
   */
  record SparkImages(int index, int[] fields) implements ImageColumns {
    @Override
    public List<String> names() {
      return List.of(IMAGE);
    }

    @Override
    public DecodedImage read(Row row) throws UnreadableImageException {
      Row image = present(row, index, IMAGE);
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
  record Pixels(int index, int height, int width) implements ImageColumns {
    @Override
    public List<String> names() {
      return height < 0 ? List.of(PIXELS) : List.of(PIXELS, HEIGHT, WIDTH);
    }

    @Override
    public DecodedImage read(Row row) throws UnreadableImageException {
      Object value = present(row, index, PIXELS);
      byte[] pixels = value instanceof byte[] bytes ? bytes : PixelArrays.bytes(row.getList(index));
      if (height >= 0) {
        Number rows = present(row, height, HEIGHT);
        Number columns = present(row, width, WIDTH);
        return shaped(pixels, rows.intValue(), columns.intValue());
      }
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

  private static <T> T present(Row row, int index, String name) throws UnreadableImageException {
    if (row.isNullAt(index)) {
      throw new UnreadableImageException("has no " + name);
    }
    return row.getAs(index);
  }
}

package io.densespark.images;

import io.densespark.data.DataException;
import io.densespark.data.IdxImages;
import io.densespark.data.IdxPart;
import io.densespark.data.IdxReader;
import io.densespark.data.OnError;
import io.densespark.images.ParquetInputs.Table;
import io.densespark.storage.FolderWalk.Entry;
import io.densespark.storage.InputFile;
import io.densespark.storage.InputFiles;
import io.densespark.text.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Images at plain paths or URIs as a DataFrame with a column {@code id}, a string that depends on
 * the files alone, and columns that {@link ImagePredictor} reads.
 *
 * <table>
 *   <caption>Formats</caption>
 *   <tr><th></th><th>what is named</th><th>id</th></tr>
 *   <tr><td>IDX</td><td>a file of images, plain or gzipped</td><td>row number from 0</td></tr>
 *   <tr><td>IMAGES</td><td>a file, or a folder with all below it, of PNG, JPEG, GIF or BMP files</td>
 *       <td>path below the folder</td></tr>
 *   <tr><td>PARQUET</td><td>a file, or a folder with all below it, with columns as {@link
 *       ImagePredictor} finds them</td>
 *       <td>its column {@code id}; without one, path and row number: {@code a.parquet#7}</td></tr>
 * </table>
 *
 * <p>With several inputs, ids of files begin with the input's full path.
 *
 * <p>Names are taken as they are; one of {@code * ? [ {} makes a pattern only where nothing has
 * just that name. In a folder, an image is told by the ending of its name, in capitals or not;
 * names that begin with a dot are left out, in Parquet also those with an underscore, which Spark
 * hides. Links are followed, and each file comes once. What is left out is told by {@link
 * Found#leftOut}.
 */
public final class ImageInputs {

  /** Kinds of inputs. */
  public enum Format {
    AUTO,
    IDX,
    IMAGES,
    PARQUET
  }

  /**
   * Images, and what was not taken for one.
   *
   * @param images their rows
   * @param broken files that should hold images and cannot be used
   * @param leftOut files that were passed over
   */
  public record Found(Dataset<Row> images, List<BrokenImage> broken, List<LeftOut> leftOut) {

    public Found {
      broken = List.copyOf(broken);
      leftOut = List.copyOf(leftOut);
    }
  }

  /** Column of names. */
  public static final String ID = "id";

  private static final long BYTES_A_PARTITION = 64L << 20;

  /** What opening a file counts as, so that small images make partitions of many. */
  private static final long OPENING_BYTES = 64 << 10;

  /** Formats whose files people take for images, and which Java does not read. */
  private static final Set<String> OTHER_IMAGES =
      Set.of(
          "tif", "tiff", "webp", "heic", "heif", "avif", "jxl", "jp2", "svg", "ico", "psd", "dng",
          "cr2", "nef", "arw", "pgm", "ppm", "pnm", "tga");

  private static final StructType IDX_SCHEMA =
      new StructType()
          .add(ID, DataTypes.StringType)
          .add(ImageColumns.HEIGHT, DataTypes.IntegerType)
          .add(ImageColumns.WIDTH, DataTypes.IntegerType)
          .add(ImageColumns.PIXELS, DataTypes.BinaryType);

  private final SparkSession spark;
  private final InputFiles files;
  private final LeftOut.Collector leftOut = new LeftOut.Collector();
  private final List<BrokenImage> broken = new ArrayList<>();

  /**
   * @param files opens what is read; goes along to the executors
   */
  public ImageInputs(SparkSession spark, InputFiles files) {
    this.spark = spark;
    this.files = files;
  }

  /**
   * The images of some inputs of one format.
   *
   * @param places plain paths or URIs, at least one
   * @param format what is there; {@code AUTO}: found out
   * @param onError what will be done about images that cannot be used; for {@code SKIP} Parquet
   *     files are read through at once, so that those with damage inside are known before
   * @throws DataException when an input is missing or cannot be read, or there are no images at all
   */
  public Found read(List<String> places, Format format, OnError onError) {
    List<InputEntries> inputs = new ArrayList<>();
    for (String place : places) {
      List<InputFile> matching = files.matching(place);
      if (matching.isEmpty()) {
        throw new DataException(Text.format("nothing matches %s: check the input", place));
      }
      matching.forEach(file -> inputs.add(InputEntries.of(file, place)));
    }
    Dataset<Row> images =
        switch (format == Format.AUTO ? found(inputs) : format) {
          case IDX -> idx(inputs);
          case IMAGES -> images(inputs);
          case PARQUET -> parquet(inputs, onError);
          case AUTO -> throw new IllegalStateException("the format is not decided");
        };
    return new Found(images, broken, leftOut.list());
  }

  private static Format found(List<InputEntries> inputs) {
    Set<Format> found = new LinkedHashSet<>();
    inputs.forEach(input -> found.add(input.format()));
    if (found.size() > 1) {
      throw new DataException(
          Text.format(
              "the inputs are of several formats, %s: predict them one after the other", found));
    }
    return found.iterator().next();
  }

  private Dataset<Row> idx(List<InputEntries> inputs) {
    return inputs.stream()
        .map(input -> idx(input.file(), inputs.size() > 1))
        .reduce(Dataset::union)
        .orElseThrow();
  }

  private Dataset<Row> idx(InputFile file, boolean several) {
    IdxPart part;
    try (IdxImages images = new IdxReader(uri -> file.open()).images(file.uri())) {
      part = images.part();
      for (int i = 0; i < part.size(); i++) {
        images.next();
      }
      images.end();
    }
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    String prefix = several ? file.uri() + "#" : "";
    int height = part.height();
    int width = part.width();
    return spark.createDataFrame(
        new IdxRanges(context, file, part, 0, part.size())
            .read(context, (row, pixels) -> RowFactory.create(prefix + row, height, width, pixels)),
        IDX_SCHEMA);
  }

  private Dataset<Row> images(List<InputEntries> inputs) {
    List<Entry> images = entries(inputs, Format.IMAGES);
    List<Row> keys =
        images.stream().map(entry -> RowFactory.create(entry.path(), entry.file().key())).toList();
    if (keys.isEmpty()) {
      throw none(inputs, "PNG, JPEG, GIF and BMP files are read");
    }
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    return spark
        .createDataFrame(
            context.parallelize(keys, partitions(context, images)), ReadImageFiles.KEYS)
        .mapPartitions(new ReadImageFiles(files), Encoders.row(ReadImageFiles.FILES));
  }

  /** Partitions in which to read files: of about as many bytes each as Spark's own. */
  public static int partitions(JavaSparkContext context, List<Entry> images) {
    long bytes = 0;
    for (Entry image : images) {
      bytes += OPENING_BYTES + length(image.file());
    }
    long wanted = Math.max(context.defaultParallelism(), bytes / BYTES_A_PARTITION + 1);
    return (int) Math.max(1, Math.min(images.size(), wanted));
  }

  private Dataset<Row> parquet(List<InputEntries> inputs, OnError onError) {
    List<Table> tables =
        entries(inputs, Format.PARQUET).stream()
            .map(entry -> new Table(entry.path(), entry.file()))
            .toList();
    if (tables.isEmpty()) {
      throw none(inputs, "Parquet files are read");
    }
    return new ParquetInputs(spark, schema -> ImageColumns.of(schema).names())
        .read(tables, onError, broken);
  }

  /** The files to read, their paths being their ids, each once. */
  private List<Entry> entries(List<InputEntries> inputs, Format format) {
    boolean several = inputs.size() > 1;
    Set<Object> seen = new HashSet<>();
    List<Entry> taken = new ArrayList<>();
    for (InputEntries input : inputs) {
      for (Entry entry : input.entries()) {
        String id = input.id(entry, several);
        String reason = entry.leftOut().orElse(input.isFolder() ? reason(entry, format) : "");
        if (entry.denied()) {
          broken.add(new BrokenImage(id, reason));
        } else if (!reason.isEmpty()) {
          // Beside tables lie checksums and summaries, which nobody misses.
          if (format == Format.IMAGES || InputEntries.ending(entry).equals("parquet")) {
            leftOut.add(id, reason);
          }
        } else if (several && !seen.add(entry.file().location())) {
          leftOut.add(id, "named twice");
        } else {
          taken.add(new Entry(id, entry.file()));
        }
      }
    }
    return taken;
  }

  /** Why a file of a folder is passed over; empty: it is read. */
  private static String reason(Entry entry, Format format) {
    if (format == Format.PARQUET) {
      return InputEntries.isData(entry) ? "" : "hidden by its name";
    }
    return noImage(entry);
  }

  /** Why a file is no image by its name; empty: it is one. */
  public static String noImage(Entry entry) {
    if (InputEntries.isImage(entry)) {
      return "";
    }
    String ending = InputEntries.ending(entry);
    return OTHER_IMAGES.contains(ending)
        ? ending.toUpperCase(Locale.ROOT) + " files are not read"
        : "no image by its name";
  }

  private DataException none(List<InputEntries> inputs, String read) {
    if (!broken.isEmpty()) {
      return broken.get(0).refusal();
    }
    List<String> places = inputs.stream().map(input -> input.file().uri()).toList();
    String rest =
        leftOut.list().stream()
            .map(
                left ->
                    Text.format("%d %s (%s …)", left.files(), left.reason(), left.names().get(0)))
            .reduce((one, other) -> one + ", " + other)
            .map(text -> "; left out: " + text)
            .orElse("");
    return new DataException(
        Text.format("there are no images at %s: %s%s", String.join(", ", places), read, rest));
  }

  private static long length(InputFile file) {
    try {
      return file.bytes();
    } catch (IOException e) {
      // The task that reads it tells.
      return 0;
    }
  }
}

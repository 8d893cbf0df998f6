package io.densespark.prediction;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import io.densespark.data.DataException;
import io.densespark.data.FileOpener;
import io.densespark.data.IdxReader;
import io.densespark.data.ImageSet;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Images at Hadoop URIs as a DataFrame with a column {@code id}, a string that depends on the files
 * alone, and columns that {@link ImagePredictor} reads.
 *
 * <table>
 *   <caption>Formats</caption>
 *   <tr><th></th><th>what the URI names</th><th>id</th></tr>
 *   <tr><td>IDX</td><td>a file of images, plain or gzipped</td><td>row number from 0</td></tr>
 *   <tr><td>IMAGES</td><td>a file, or a folder with all below it, of PNG, JPEG, GIF or BMP files</td>
 *       <td>path below the folder</td></tr>
 *   <tr><td>PARQUET</td><td>a file or data set with columns as {@link ImagePredictor} finds them</td>
 *       <td>its column {@code id}; without one, file name and row number: {@code a.parquet#7}</td></tr>
 * </table>
 *
 * <p>With several URIs, ids of IDX and image files begin with the file's full path.
 */
public final class ImageInputs {

  /** Kinds of inputs. */
  public enum Format {
    AUTO,
    IDX,
    IMAGES,
    PARQUET
  }

  static final String ID = "id";

  private static final int IDX_ROWS_A_CHUNK = 1024;
  private static final String IMAGE_FILES = "*.{png,PNG,jpg,JPG,jpeg,JPEG,gif,GIF,bmp,BMP}";
  private static final StructType IDX_SCHEMA =
      new StructType()
          .add(ID, DataTypes.StringType)
          .add(ImageColumns.HEIGHT, DataTypes.IntegerType)
          .add(ImageColumns.WIDTH, DataTypes.IntegerType)
          .add(ImageColumns.PIXELS, DataTypes.BinaryType);

  /** Some rows of an IDX file, from {@code first}. */
  private record Chunk(int first, byte[] pixels) implements Serializable {}

  private final SparkSession spark;
  private final FileOpener opener;

  /**
   * @param opener opens IDX files; Spark reads the others
   */
  public ImageInputs(SparkSession spark, FileOpener opener) {
    this.spark = spark;
    this.opener = opener;
  }

  /**
   * The images of some URIs of one format.
   *
   * @param uris absolute, at least one
   * @throws DataException when an input is missing or cannot be read
   */
  public Dataset<Row> read(List<String> uris, Format format) {
    boolean several = uris.size() > 1;
    return uris.stream()
        .map(uri -> read(uri, format, several))
        .reduce(Dataset::union)
        .orElseThrow();
  }

  private Dataset<Row> read(String uri, Format format, boolean several) {
    return switch (format) {
      case IDX -> idx(uri, several);
      case IMAGES -> images(uri, several);
      case PARQUET -> parquet(uri, several);
      case AUTO -> throw new IllegalArgumentException("the format of " + uri + " is not decided");
    };
  }

  private Dataset<Row> idx(String uri, boolean several) {
    ImageSet images = new IdxReader(opener).readImages(uri);
    List<Chunk> chunks = new ArrayList<>();
    int imageBytes = images.imageBytes();
    for (int first = 0; first < images.size(); first += IDX_ROWS_A_CHUNK) {
      int end = Math.min(images.size(), first + IDX_ROWS_A_CHUNK);
      chunks.add(
          new Chunk(
              first, Arrays.copyOfRange(images.pixels(), first * imageBytes, end * imageBytes)));
    }
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    int partitions = Math.min(chunks.size(), context.defaultParallelism());
    int height = images.height();
    int width = images.width();
    String prefix = several ? uri + "#" : "";
    return spark.createDataFrame(
        context
            .parallelize(chunks, partitions)
            .flatMap(
                chunk ->
                    IntStream.range(0, chunk.pixels().length / imageBytes)
                        .mapToObj(
                            i ->
                                RowFactory.create(
                                    prefix + (chunk.first() + i),
                                    height,
                                    width,
                                    Arrays.copyOfRange(
                                        chunk.pixels(), i * imageBytes, (i + 1) * imageBytes)))
                        .iterator()),
        IDX_SCHEMA);
  }

  private Dataset<Row> images(String uri, boolean several) {
    Dataset<Row> files =
        load(
            uri,
            () ->
                spark
                    .read()
                    .format("binaryFile")
                    .option("recursiveFileLookup", true)
                    .option("pathGlobFilter", IMAGE_FILES)
                    .load(uri));
    Column path = col("path");
    String folder = uri.endsWith("/") ? uri : uri + "/";
    Column below = path.substr(lit(folder.length() + 1), length(path));
    Column id =
        several
            ? path
            : when(path.startsWith(folder), below)
                .when(path.equalTo(uri), lit(uri.substring(uri.lastIndexOf('/') + 1)))
                .otherwise(path);
    return files.select(id.as(ID), col("content"));
  }

  private Dataset<Row> parquet(String uri, boolean several) {
    Dataset<Row> rows = load(uri, () -> spark.read().parquet(uri));
    List<Column> columns = new ArrayList<>();
    boolean identified = Arrays.asList(rows.columns()).contains(ID);
    String file = several ? "_metadata.file_path" : "_metadata.file_name";
    columns.add(
        identified
            ? col(ID).cast(DataTypes.StringType)
            : concat_ws("#", col(file), col("_metadata.row_index")).as(ID));
    try {
      ImageColumns.of(rows.schema()).names().forEach(name -> columns.add(col(name)));
    } catch (IllegalArgumentException e) {
      throw new DataException(uri + ": " + e.getMessage(), e);
    }
    return rows.select(columns.toArray(Column[]::new));
  }

  /** Spark reports missing and unreadable files as problems of a query. */
  private static Dataset<Row> load(String uri, Supplier<Dataset<Row>> reader) {
    try {
      return reader.get();
    } catch (Exception e) {
      // AnalysisException is checked, unseen by the compiler.
      if (e instanceof AnalysisException) {
        throw new DataException("%s cannot be read: %s".formatted(uri, e.getMessage()), e);
      }
      throw e;
    }
  }
}

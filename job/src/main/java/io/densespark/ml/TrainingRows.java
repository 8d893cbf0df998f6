package io.densespark.ml;

import static org.apache.spark.sql.functions.lit;

import io.densespark.data.DataException;
import io.densespark.data.ImageSet;
import io.densespark.images.DecodedImage;
import io.densespark.images.ImageColumns;
import io.densespark.images.ImageFitter;
import io.densespark.images.UnreadableImageException;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The images and labels of a DataFrame's rows, in its order.
 *
 * @param trained what is trained on
 * @param held what epochs are measured on; empty: nothing
 */
record TrainingRows(ImageSet trained, Optional<ImageSet> held) {

  /** A label is a byte. */
  private static final int MOST_CLASSES = 256;

  private static final String LABEL = "label";
  private static final String HELD = "held";

  private static final StructType DECODED =
      new StructType()
          .add("channels", DataTypes.IntegerType)
          .add("height", DataTypes.IntegerType)
          .add("width", DataTypes.IntegerType)
          .add("pixels", DataTypes.BinaryType)
          .add(LABEL, DataTypes.IntegerType)
          .add(HELD, DataTypes.BooleanType)
          .add("error", DataTypes.StringType);

  private record Example(DecodedImage image, int label, boolean held) {}

  /**
   * Decodes on the executors. Images of one size are kept as they are; others are resized to
   * squares.
   *
   * @param imageSize side of these squares
   * @throws DataException where a row cannot be used, or none is left to train on
   */
  static TrainingRows collect(
      Dataset<?> dataset,
      List<Column> images,
      Column label,
      Optional<Column> held,
      LabelColumn labels,
      int imageSize) {
    if (labels.classes() > MOST_CLASSES) {
      throw new DataException(
          Text.format(
              "the labels name %d classes, at most %d can be told apart",
              labels.classes(), MOST_CLASSES));
    }
    List<Column> columns = new ArrayList<>(images);
    columns.add(label.as(LABEL));
    columns.add(held.orElse(lit(false)).as(HELD));
    Dataset<Row> selected = dataset.select(columns.toArray(Column[]::new));
    ImageColumns source = ImageColumns.of(selected.schema());
    List<Example> examples = new ArrayList<>();
    for (Row row :
        selected
            .map((MapFunction<Row, Row>) row -> decoded(row, source, labels), Encoders.row(DECODED))
            .collectAsList()) {
      String error = row.getAs("error");
      if (error != null) {
        throw new DataException(
            Text.format(
                "row %d of the DataFrame, from 0, %s: repair it, or filter it out before fit",
                examples.size(), error));
      }
      examples.add(
          new Example(
              new DecodedImage(row.getInt(0), row.getInt(1), row.getInt(2), row.getAs(3)),
              row.getInt(4),
              row.getBoolean(5)));
    }
    List<DecodedImage> all = examples.stream().map(Example::image).toList();
    int channels = all.stream().allMatch(image -> image.channels() == 1) ? 1 : 3;
    boolean alike =
        all.stream().map(image -> List.of(image.height(), image.width())).distinct().count() == 1;
    int height = alike ? all.get(0).height() : imageSize;
    int width = alike ? all.get(0).width() : imageSize;
    ImageFitter fitter = new ImageFitter(channels, height, width);
    Optional<ImageSet> trained =
        set(examples, example -> !example.held(), fitter, channels, height, width);
    return new TrainingRows(
        trained.orElseThrow(
            () ->
                new DataException(
                    "there is no row to train on: the DataFrame is empty, or validationIndicatorCol is true for all rows")),
        set(examples, Example::held, fitter, channels, height, width));
  }

  private static Row decoded(Row row, ImageColumns source, LabelColumn labels) {
    try {
      int label = labels.index(row.getAs(LABEL));
      DecodedImage image = source.read(row);
      Boolean held = row.getAs(HELD);
      return RowFactory.create(
          image.channels(),
          image.height(),
          image.width(),
          image.pixels(),
          label,
          Boolean.TRUE.equals(held),
          null);
    } catch (UnreadableImageException | IllegalArgumentException e) {
      return RowFactory.create(null, null, null, null, null, null, e.getMessage());
    }
  }

  private static Optional<ImageSet> set(
      List<Example> examples,
      Predicate<Example> which,
      ImageFitter fitter,
      int channels,
      int height,
      int width) {
    List<Example> chosen = examples.stream().filter(which).toList();
    if (chosen.isEmpty()) {
      return Optional.empty();
    }
    byte[] pixels = new byte[Math.multiplyExact(chosen.size(), fitter.imageBytes())];
    byte[] labels = new byte[chosen.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) chosen.get(i).label();
      try {
        fitter.fit(chosen.get(i).image(), pixels, i * fitter.imageBytes());
      } catch (UnreadableImageException e) {
        throw new DataException("an image of the DataFrame " + e.getMessage(), e);
      }
    }
    return Optional.of(new ImageSet(channels, height, width, pixels, labels));
  }
}

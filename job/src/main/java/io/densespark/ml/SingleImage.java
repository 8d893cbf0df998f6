package io.densespark.ml;

import io.densespark.data.DataException;
import io.densespark.images.ImageColumns;
import io.densespark.images.ImageFitter;
import io.densespark.images.UnreadableImageException;
import io.densespark.model.ModelSignature;
import io.densespark.model.SavedModel;
import io.densespark.text.Text;
import java.util.Arrays;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import scala.collection.JavaConverters;

/** Predicts one image without Spark's tasks, by DL4J's own execution. */
final class SingleImage {

  private SingleImage() {}

  /** Probabilities of all classes. */
  static Vector probabilities(SavedModel model, Object features) {
    ModelSignature signature = model.signature().orElseThrow();
    byte[] pixels = new byte[signature.channels() * signature.height() * signature.width()];
    try {
      ImageFitter fitter =
          new ImageFitter(signature.channels(), signature.height(), signature.width());
      Row row = RowFactory.create(value(features));
      fitter.fit(ImageColumns.of(schema(features)).read(row), pixels, 0);
    } catch (UnreadableImageException e) {
      throw new DataException("the image " + e.getMessage(), e);
    }
    float[] scaled = new float[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      scaled[i] = (pixels[i] & 0xff) / 255f;
    }
    INDArray image =
        Nd4j.createFromArray(scaled)
            .reshape(1, signature.channels(), signature.height(), signature.width());
    return Vectors.dense(model.network().outputSingle(image).toDoubleVector());
  }

  private static StructType schema(Object features) {
    if (features instanceof Row row) {
      return new StructType().add("image", row.schema());
    }
    return features instanceof byte[]
        ? new StructType().add("image", DataTypes.BinaryType)
        : new StructType().add("pixels", DataTypes.createArrayType(DataTypes.DoubleType));
  }

  private static Object value(Object features) {
    if (features instanceof Row || features instanceof byte[]) {
      return features;
    }
    if (features instanceof Vector vector) {
      return JavaConverters.asScalaBuffer(Arrays.stream(vector.toArray()).boxed().toList());
    }
    throw new IllegalArgumentException(
        Text.format(
            "one image is the bytes of a file, a vector of pixels, or a row of Spark's image source, not %s",
            features == null ? null : features.getClass().getName()));
  }
}

package io.densespark.prediction;

import io.densespark.engine.Confined;
import io.densespark.engine.MirroredInference;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.images.ImageFitter;
import io.densespark.images.UnreadableImageException;
import io.densespark.text.Text;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Rows with their predictions, a batch ahead of the reader. The plan always sees whole batches, the
 * last one filled up with whatever is left in memory: one shape is compiled, and an image meets the
 * same arithmetic wherever it stands.
 */
final class PredictedRows implements Iterator<Row> {

  private final PredictPartition task;
  private final Confined<Plan> plan;
  private final Iterator<Row> rows;
  private final Deque<Row> ready = new ArrayDeque<>();
  private final ImageFitter fitter;
  private final int batchSize;

  /** uint8 [batchSize, channels, height, width]. */
  private final byte[] pixels;

  private final INDArray parameters;
  private final INDArray features;
  private final INDArray probabilities;

  PredictedRows(PredictPartition task, Confined<Plan> plan, Iterator<Row> rows) {
    this.task = task;
    this.plan = plan;
    this.rows = rows;
    PlanConfig config = task.plan().plan();
    this.batchSize = config.batchSize();
    this.fitter = new ImageFitter(config.channels(), config.height(), config.width());
    this.pixels = new byte[Math.multiplyExact(batchSize, fitter.imageBytes())];
    float[] flat = task.parameters().value();
    this.parameters = Nd4j.createFromArray(flat).reshape(1, flat.length);
    this.features =
        Nd4j.createUninitializedDetached(
            DataType.UINT8, batchSize, config.channels(), config.height(), config.width());
    this.probabilities =
        Nd4j.createUninitializedDetached(DataType.FLOAT, batchSize, task.classes());
  }

  @Override
  public boolean hasNext() {
    return !ready.isEmpty() || rows.hasNext();
  }

  @Override
  public Row next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    if (ready.isEmpty()) {
      predictBatch();
    }
    return ready.remove();
  }

  private void predictBatch() {
    // What goes along alone: the files of a batch could fill all memory.
    List<Object[]> batch = new ArrayList<>(batchSize);
    // By row, why it has no prediction; null where it has one.
    List<String> errors = new ArrayList<>(batchSize);
    int images = 0;
    while (images < batchSize && batch.size() < 2 * batchSize && rows.hasNext()) {
      Row row = rows.next();
      batch.add(kept(row));
      try {
        fitter.fit(task.source().read(row), pixels, images * fitter.imageBytes());
        errors.add(null);
        images++;
      } catch (UnreadableImageException e) {
        errors.add(e.getMessage());
      }
    }
    float[] predicted = images == 0 ? new float[0] : infer();
    int image = 0;
    for (int i = 0; i < batch.size(); i++) {
      String error = errors.get(i);
      ready.add(
          error == null
              ? predicted(batch.get(i), predicted, image++)
              : result(batch.get(i), null, null, error));
    }
  }

  private float[] infer() {
    features.data().asNio().put(0, pixels);
    try {
      return plan.call(
          compiled -> {
            if (task.mirrored()) {
              MirroredInference.infer(compiled, parameters, features, probabilities);
            } else {
              compiled.infer(parameters, features, probabilities);
            }
            return probabilities.data().asFloat();
          });
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the task was stopped", e);
    }
  }

  private Row predicted(Object[] kept, float[] predicted, int image) {
    float[] own =
        Arrays.copyOfRange(predicted, image * task.classes(), (image + 1) * task.classes());
    int label = 0;
    for (int c = 0; c < own.length; c++) {
      if (!Float.isFinite(own[c])) {
        return result(
            kept,
            null,
            null,
            Text.format("has no prediction: the model puts out %s for it", own[c]));
      }
      label = own[c] > own[label] ? c : label;
    }
    return result(kept, label, own, null);
  }

  private Object[] kept(Row row) {
    return Arrays.stream(task.kept()).mapToObj(row::get).toArray();
  }

  /** With its schema: Spark hands rows to a filter that follows as they are. */
  private Row result(Object[] kept, Integer label, float[] probabilities, String error) {
    boolean named = !task.classNames().isEmpty();
    int at = kept.length;
    Object[] values = Arrays.copyOf(kept, at + (named ? 4 : 3));
    values[at++] = label;
    if (named) {
      values[at++] = label == null ? null : task.classNames().get(label);
    }
    values[at++] = probabilities;
    values[at] = error;
    return new GenericRowWithSchema(values, task.schema());
  }
}

package io.densespark.ml;

import io.densespark.model.ModelSignature;
import io.densespark.model.ModelZip;
import io.densespark.model.SavedModel;
import io.densespark.storage.InputFiles;
import io.densespark.storage.Store;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsReader$;
import org.apache.spark.ml.util.DefaultParamsWriter$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWriter;
import scala.Option;

/**
 * A model as a directory: {@code model.zip}, which DL4J and the command line read too, and then
 * {@code metadata}, as every stage of Spark's has it. Without metadata there is no model.
 */
final class ModelFiles {

  private static final String ZIP = "model.zip";

  private ModelFiles() {}

  static final class Writer extends MLWriter {

    private final DenseNetModel model;

    Writer(DenseNetModel model) {
      this.model = model;
    }

    @Override
    public void saveImpl(String path) {
      ModelSignature signature = model.saved().signature().orElseThrow();
      try (Store store = Store.open(path, sc().hadoopConfiguration())) {
        store.replace(
            ZIP,
            out -> ModelZip.write(model.network(), signature, ModelZip.UpdaterState.LEFT_OUT, out));
      }
      DefaultParamsWriter$.MODULE$.saveMetadata(model, path, sc(), Option.empty(), Option.empty());
    }
  }

  static final class Reader extends MLReader<DenseNetModel> {

    @Override
    public DenseNetModel load(String path) {
      DefaultParamsReader.Metadata metadata =
          DefaultParamsReader$.MODULE$.loadMetadata(path, sc(), DenseNetModel.class.getName());
      String zip = path + "/" + ZIP;
      SavedModel saved;
      try (InputStream in = InputFiles.open(zip, sc().hadoopConfiguration())) {
        saved = ModelZip.read(in, zip);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + zip + ": " + e.getMessage(), e);
      }
      DenseNetModel model =
          DenseNetModel.of(metadata.uid(), saved, List.of(), List.of(), List.of());
      metadata.getAndSetParams(model, Option.empty());
      return model;
    }
  }
}

package io.densespark.model;

import static io.densespark.model.ModelZipTest.multiLayerNetwork;
import static io.densespark.model.ModelZipTest.read;
import static io.densespark.model.ModelZipTest.serialised;
import static io.densespark.model.ModelZipTest.untrained;
import static io.densespark.model.ModelZipTest.write;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.model.ModelZip.UpdaterState;
import java.io.IOException;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which images a model that was read can be used for. */
class SavedModelTest {

  @ParameterizedTest
  @CsvSource({"3, 8, 8, 3", "1, 16, 16, 3", "1, 8, 8, 10"})
  void modelsTrainedOnOtherDataAreRefused(int channels, int height, int width, int classes)
      throws IOException {
    SavedModel saved = read(write(untrained(), UpdaterState.LEFT_OUT));
    ModelSignature wanted = new ModelSignature(channels, height, width, classes);
    assertThatThrownBy(() -> saved.requireSuits(wanted, "model.zip"))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("model.zip", "1x8x8 images, 3 classes", wanted.toString());
  }

  @ParameterizedTest
  @CsvSource({"3, 8, 8, 3, data input channels = 3", "1, 8, 8, 10, tells 3 classes apart"})
  void withoutASignatureTheNetDecides(int channels, int height, int width, int classes, String what)
      throws IOException {
    SavedModel saved = read(serialised(untrained()));
    ModelSignature wanted = new ModelSignature(channels, height, width, classes);
    assertThatThrownBy(() -> saved.requireSuits(wanted, "model.zip"))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("model.zip", what, wanted.toString());
  }

  /** A dense layer on top of a convolution fixes the image's size; global pooling does not. */
  @Test
  void withoutASignatureDenseLayersFixTheImageSize() throws IOException {
    SavedModel pooled = read(serialised(untrained()));
    pooled.requireSuits(new ModelSignature(1, 16, 12, 3), "model.zip");

    ComputationGraph dense = multiLayerNetwork().toComputationGraph();
    SavedModel fixed = read(serialised(dense));
    fixed.requireSuits(new ModelSignature(1, 8, 8, 3), "model.zip");
    assertThatThrownBy(() -> fixed.requireSuits(new ModelSignature(1, 16, 12, 3), "model.zip"))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("cannot read such images", "1x16x12 images");
  }
}

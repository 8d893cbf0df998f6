package io.densespark.model;

import static io.densespark.model.DenseNetGraphTest.TINY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.model.ModelZip.UpdaterState;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.TimeZone;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.BaseDataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class ModelZipTest {

  private static final ModelSignature SIGNATURE = new ModelSignature(1, 8, 8, 3);

  @Test
  void plainDl4jLoadsWhatWeWrite() throws IOException {
    ComputationGraph network = trained();
    byte[] zip = write(network, UpdaterState.INCLUDED);
    ComputationGraph restored =
        ModelSerializer.restoreComputationGraph(new ByteArrayInputStream(zip), true);
    assertSame(restored, network);
    assertThat(restored.getUpdater().getStateViewArray())
        .isEqualTo(network.getUpdater().getStateViewArray());
  }

  @Test
  void weLoadWhatPlainDl4jWrites() throws IOException {
    ComputationGraph network = trained();
    SavedModel saved = read(serialised(network));
    assertSame(saved.network(), network);
    assertThat(saved.network().getUpdater().getStateViewArray())
        .isEqualTo(network.getUpdater().getStateViewArray());
    assertThat(saved.signature()).isEmpty();
  }

  @Test
  void writtenModelsComeBackWithTheirSignature() throws IOException {
    ComputationGraph network = trained();
    SavedModel saved = read(write(network, UpdaterState.INCLUDED));
    assertSame(saved.network(), network);
    assertThat(saved.signature()).contains(SIGNATURE);
    assertThat(saved.requireSuits(SIGNATURE, "model.zip")).isSameAs(saved);
  }

  @Test
  void updaterStateIsLeftOutOnRequest() throws IOException {
    ComputationGraph network = trained();
    byte[] without = write(network, UpdaterState.LEFT_OUT);
    assertThat(without.length).isLessThan(write(network, UpdaterState.INCLUDED).length / 2);
    assertThat(read(without).network().getUpdater().getStateViewArray().maxNumber().doubleValue())
        .isZero();
  }

  @Test
  void equalModelsGiveEqualBytesInEveryTimeZone() throws IOException {
    ComputationGraph network = trained();
    byte[] here = write(network, UpdaterState.INCLUDED);
    TimeZone zone = TimeZone.getDefault();
    try {
      TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Auckland"));
      assertThat(write(network, UpdaterState.INCLUDED)).isEqualTo(here);
    } finally {
      TimeZone.setDefault(zone);
    }
  }

  @Test
  void theCallersStreamStaysOpen() throws IOException {
    var out =
        new ByteArrayOutputStream() {
          boolean closed;

          @Override
          public void close() {
            closed = true;
          }
        };
    ModelZip.write(untrained(), SIGNATURE, UpdaterState.LEFT_OUT, out);
    assertThat(out.closed).isFalse();
  }

  @Test
  void whatIsNoZipIsRefused() {
    assertRefused("not a model".getBytes(StandardCharsets.UTF_8), "model.zip is not a zip file");
    assertRefused(new byte[0], "model.zip is not a zip file");
  }

  @Test
  void zipsOfOtherThingsAreRefused() throws IOException {
    assertRefused(zip("readme.txt", "hello"), "a zip without configuration.json");
    assertRefused(zip("configuration.json", "{\"a\": 1}"), "a configuration without vertices");
    assertRefused(zip("configuration.json", "{"), "a configuration that DL4J cannot read");
    assertRefused(serialised(multiLayerNetwork()), "a DL4J MultiLayerNetwork");
    String configuration = untrained().getConfiguration().toJson();
    assertRefused(zip("configuration.json", configuration), "no parameters");
  }

  @ParameterizedTest
  @CsvSource({"0.2", "0.5", "0.9"})
  void truncatedZipsAreRefused(double share) throws IOException {
    byte[] zip = write(trained(), UpdaterState.LEFT_OUT);
    assertRefused(Arrays.copyOf(zip, (int) (share * zip.length)), "model.zip is damaged");
  }

  @Test
  void flippedBitsAreRefused() throws IOException {
    byte[] zip = write(trained(), UpdaterState.LEFT_OUT);
    zip[zip.length / 2] ^= 1;
    assertRefused(zip, "model.zip is damaged");
  }

  @Test
  void parametersOfAnotherNetAreRefused() throws IOException {
    ByteArrayOutputStream params = new ByteArrayOutputStream();
    ComputationGraph other = DenseNetGraphTest.network(TINY, 2, 8, 8);
    Nd4j.write(other.params(), new DataOutputStream(params));
    String configuration = untrained().getConfiguration().toJson();
    assertRefused(zip(configuration, params.toByteArray()), "" + other.numParams());
  }

  @ParameterizedTest
  @ValueSource(strings = {"configuration.json", "coefficients.bin", "signature.json"})
  void whatInflatesToMoreThanMemoryIsRefused(String entry) throws IOException {
    byte[] bomb = zip(entry, "0".repeat(1 << 24));
    assertThatThrownBy(() -> ModelZip.read(new ByteArrayInputStream(bomb), "model.zip", 1 << 20))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("model.zip", entry, "more than 1,048,576 bytes");
  }

  @ParameterizedTest
  @CsvSource({"true, false", "false, true", "true, true"})
  void arraysThatAnnounceMoreThanThereIsAreRefused(boolean shape, boolean length)
      throws IOException {
    INDArray params = untrained().params();
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    Nd4j.write(params, new DataOutputStream(written));
    ByteBuffer bytes = ByteBuffer.wrap(written.toByteArray());
    ByteArrayInputStream in = new ByteArrayInputStream(bytes.array());
    BaseDataBuffer.readHeader(in);
    int rankAt = bytes.capacity() - in.available();
    assertThat(bytes.getLong(rankAt)).isEqualTo(2);
    int lengthAt = bytes.capacity() - (int) params.length() * 4 - 2 - "FLOAT".length() - 8;
    assertThat(bytes.getLong(lengthAt)).isEqualTo(params.length());
    if (shape) {
      bytes.putLong(rankAt + 16, 1L << 40);
    }
    if (length) {
      bytes.putLong(lengthAt, 1L << 40);
    }
    assertRefused(
        zip(untrained().getConfiguration().toJson(), bytes.array()), "values is announced");
  }

  @Test
  void netsThatAreLargerThanTheirParametersAreRefused() throws IOException {
    ByteArrayOutputStream params = new ByteArrayOutputStream();
    Nd4j.write(untrained().params(), new DataOutputStream(params));
    String huge =
        untrained().getConfiguration().toJson().replaceAll("(\"nout\" : )\\d+", "$1100000000");
    assertThat(huge).contains("100000000");
    assertRefused(zip(huge, params.toByteArray()), "model.zip is damaged");
  }

  @Test
  void filesLargerThanMemoryAreNotReadWhole() throws IOException {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 0;
          }
        };

    assertThatThrownBy(() -> ModelZip.bytes(endless, "big.zip", 1000))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("big.zip", "1,000 bytes");
    assertThat(ModelZip.bytes(new ByteArrayInputStream(new byte[1000]), "a.zip", 1000))
        .hasSize(1000);
  }

  @Test
  void failuresOfTheStreamAreNotBlamedOnTheModel() {
    InputStream failing =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("connection reset");
          }
        };
    assertThatThrownBy(() -> ModelZip.read(failing, "model.zip"))
        .isInstanceOf(IOException.class)
        .hasMessage("connection reset");
  }

  static ComputationGraph untrained() {
    return DenseNetGraphTest.network(TINY, 1, 8, 8);
  }

  /** With running statistics, updater state and step count of their own. */
  private static ComputationGraph trained() {
    ComputationGraph network =
        new ComputationGraph(DenseNetGraph.configuration(TINY, 1, 8, 8, new Adam(1e-3), 1e-4, 5));
    network.init();
    network.fit(new DataSet(DenseNetGraphTest.images(3, 1, 8, 8), Nd4j.eye(3)));
    return network;
  }

  static MultiLayerNetwork multiLayerNetwork() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list()
                .layer(new ConvolutionLayer.Builder(3, 3).nOut(2).build())
                .layer(
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutional(8, 8, 1))
                .build());
    network.init();
    return network;
  }

  private static void assertSame(ComputationGraph actual, ComputationGraph expected) {
    assertThat(actual.getConfiguration()).isEqualTo(expected.getConfiguration());
    assertThat(actual.params()).isEqualTo(expected.params());
    assertThat(actual.getIterationCount()).isEqualTo(expected.getIterationCount());
    INDArray images = DenseNetGraphTest.images(4, 1, 8, 8);
    assertThat(actual.outputSingle(images)).isEqualTo(expected.outputSingle(images));
  }

  private static void assertRefused(byte[] zip, String what) {
    assertThatThrownBy(() -> read(zip))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("model.zip", what);
  }

  static SavedModel read(byte[] zip) throws IOException {
    return ModelZip.read(new ByteArrayInputStream(zip), "model.zip");
  }

  static byte[] write(ComputationGraph network, UpdaterState updaterState) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ModelZip.write(network, SIGNATURE, updaterState, out);
    return out.toByteArray();
  }

  static byte[] serialised(Model network) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ModelSerializer.writeModel(network, out, true);
    return out.toByteArray();
  }

  private static byte[] zip(String configuration, byte[] coefficients) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("configuration.json"));
      zip.write(configuration.getBytes(StandardCharsets.UTF_8));
      zip.putNextEntry(new ZipEntry("coefficients.bin"));
      zip.write(coefficients);
    }
    return out.toByteArray();
  }

  private static byte[] zip(String name, String content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry(name));
      zip.write(content.getBytes(StandardCharsets.UTF_8));
    }
    return out.toByteArray();
  }
}

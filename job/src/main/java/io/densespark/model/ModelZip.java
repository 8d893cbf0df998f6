package io.densespark.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.densespark.text.Text;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Trained nets as the zip files of DL4J's {@code ModelSerializer}, which loads what is written
 * here. An entry {@value #SIGNATURE}, which DL4J passes over, adds what the net was trained on.
 *
 * @implNote The entries are written and read here rather than by {@code ModelSerializer} for three
 *     reasons: entries carry a fixed time, so that equal models give equal bytes; a damaged file is
 *     told apart from one of another kind; and DL4J would deserialise any Java object that a zip
 *     holds under the name of a preprocessor.
 */
public final class ModelZip {

  /** Whether the updater's state goes along, for training that continues. */
  public enum UpdaterState {
    INCLUDED,
    LEFT_OUT
  }

  static final String SIGNATURE = "signature.json";

  private static final Set<String> ENTRIES =
      Set.of(
          ModelSerializer.CONFIGURATION_JSON,
          ModelSerializer.COEFFICIENTS_BIN,
          ModelSerializer.UPDATER_BIN,
          SIGNATURE);

  private static final ObjectMapper JSON = new ObjectMapper();

  /** DL4J's configuration takes some kilobytes a layer. */
  private static final int MOST_CONFIGURATION_BYTES = 1 << 26;

  private ModelZip() {}

  /**
   * Writes a net. Equal nets give equal bytes.
   *
   * @param out flushed, not closed
   * @throws IOException when the stream fails
   */
  public static void write(
      ComputationGraph network,
      ModelSignature signature,
      UpdaterState updaterState,
      OutputStream out)
      throws IOException {
    ZipOutputStream zip = new ZipOutputStream(out, StandardCharsets.UTF_8);
    // Trained floats hardly compress; more effort would only cost time.
    zip.setLevel(Deflater.BEST_SPEED);
    String configuration = network.getConfiguration().toJson();
    write(zip, ModelSerializer.CONFIGURATION_JSON, configuration.getBytes(StandardCharsets.UTF_8));
    write(zip, ModelSerializer.COEFFICIENTS_BIN, network.params());
    INDArray state =
        updaterState == UpdaterState.INCLUDED ? network.getUpdater().getStateViewArray() : null;
    if (state != null && !state.isEmpty()) {
      write(zip, ModelSerializer.UPDATER_BIN, state);
    }
    write(zip, SIGNATURE, JSON.writeValueAsBytes(signature));
    zip.finish();
    zip.flush();
  }

  /**
   * Reads a net written by {@link #write} or by DL4J's {@code ModelSerializer}.
   *
   * @param in read to the last entry, not closed
   * @param source where the stream comes from, for messages
   * @throws ModelException when the stream is no zip, a damaged one, or holds something other than
   *     a {@code ComputationGraph}
   * @throws IOException when the stream fails
   */
  public static SavedModel read(InputStream in, String source) throws IOException {
    return read(in, source, memory());
  }

  /**
   * The bytes of a file that should be a zip, for who needs them too.
   *
   * @throws ModelException when there are more than memory holds
   */
  public static byte[] bytes(InputStream in, String source) throws IOException {
    return bytes(in, source, memory());
  }

  static byte[] bytes(InputStream in, String source, long memory) throws IOException {
    int most = (int) Math.min(Integer.MAX_VALUE - 16, memory);
    byte[] bytes = in.readNBytes(most + 1);
    if (bytes.length > most) {
      throw tooLarge(source, most, "all");
    }
    return bytes;
  }

  /** A third of the heap: what is read comes in pieces, which are then joined. */
  private static long memory() {
    return Runtime.getRuntime().maxMemory() / 3;
  }

  /**
   * @param memory bytes that the entries may take together
   */
  static SavedModel read(InputStream in, String source, long memory) throws IOException {
    Map<String, byte[]> entries = entries(in, source, memory);
    ComputationGraphConfiguration graph = configuration(entries, source);
    INDArray parameters = array(entries, ModelSerializer.COEFFICIENTS_BIN, source);
    if (parameters == null) {
      throw new ModelException(
          Text.format(
              "%s holds a configuration but no parameters (%s): save the model again",
              source, ModelSerializer.COEFFICIENTS_BIN));
    }
    graph.setDataType(parameters.dataType());
    ComputationGraph network = new ComputationGraph(graph);
    try {
      network.init(parameters, false);
      INDArray state = array(entries, ModelSerializer.UPDATER_BIN, source);
      if (state != null) {
        network.getUpdater().setStateViewArray(state);
      }
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw damaged(source, e);
    }
    return new SavedModel(network, signature(entries, source));
  }

  /** Whether a file is a zip with a DL4J configuration, by its directory alone. */
  public static boolean isModel(InputStream in) throws IOException {
    ZipInputStream zip = new ZipInputStream(in, StandardCharsets.UTF_8);
    try {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (entry.getName().equals(ModelSerializer.CONFIGURATION_JSON)) {
          return true;
        }
      }
    } catch (ZipException | EOFException e) {
      return false;
    }
    return false;
  }

  private static void write(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    begin(zip, name);
    zip.write(bytes);
    zip.closeEntry();
  }

  private static void write(ZipOutputStream zip, String name, INDArray array) throws IOException {
    begin(zip, name);
    DataOutputStream data = new DataOutputStream(new BufferedOutputStream(zip, 1 << 16));
    Nd4j.write(array, data);
    data.flush();
    zip.closeEntry();
  }

  private static void begin(ZipOutputStream zip, String name) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    // A fixed local time: as an instant, and so for the format's first day, which Java writes as an
    // instant too, the bytes would depend on the time zone.
    entry.setTimeLocal(LocalDate.of(1980, 2, 1).atStartOfDay());
    zip.putNextEntry(entry);
  }

  /** Their sizes are known by inflating them alone: it ends where memory would. */
  private static Map<String, byte[]> entries(InputStream in, String source, long memory)
      throws IOException {
    Map<String, byte[]> entries = new HashMap<>();
    long left = Math.min(Integer.MAX_VALUE - 16, memory);
    try {
      ZipInputStream zip = new ZipInputStream(in, StandardCharsets.UTF_8);
      ZipEntry entry = zip.getNextEntry();
      if (entry == null) {
        throw new ModelException(
            source + " is not a zip file: expected a model saved by DL4J's ModelSerializer");
      }
      for (; entry != null; entry = zip.getNextEntry()) {
        if (ENTRIES.contains(entry.getName())) {
          boolean array = entry.getName().endsWith(".bin");
          long most = array ? left : Math.min(left, MOST_CONFIGURATION_BYTES);
          byte[] bytes = zip.readNBytes((int) most + 1);
          if (bytes.length > most) {
            throw tooLarge(source, most, entry.getName());
          }
          left -= bytes.length;
          entries.put(entry.getName(), bytes);
        }
      }
    } catch (ZipException | EOFException e) {
      throw damaged(source, e);
    }
    return entries;
  }

  private static ComputationGraphConfiguration configuration(
      Map<String, byte[]> entries, String source) {
    byte[] bytes = entries.get(ModelSerializer.CONFIGURATION_JSON);
    if (bytes == null) {
      throw notAGraph(source, "a zip without " + ModelSerializer.CONFIGURATION_JSON, null);
    }
    try {
      Set<String> fields = fields(bytes);
      if (fields.contains("confs")) {
        throw notAGraph(source, "a DL4J MultiLayerNetwork", null);
      }
      if (!fields.contains("vertices")) {
        throw notAGraph(source, "a configuration without vertices", null);
      }
      return ComputationGraphConfiguration.fromJson(new String(bytes, StandardCharsets.UTF_8));
    } catch (ModelException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw notAGraph(source, "a configuration that DL4J cannot read", e);
    }
  }

  /** Names of the fields of a JSON object, without the tree below them. */
  private static Set<String> fields(byte[] json) throws IOException {
    Set<String> fields = new HashSet<>();
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
        fields.add(field);
        parser.nextToken();
        parser.skipChildren();
      }
    }
    return fields;
  }

  private static INDArray array(Map<String, byte[]> entries, String name, String source) {
    byte[] bytes = entries.get(name);
    if (bytes == null) {
      return null;
    }
    try {
      return ZippedArray.read(bytes);
    } catch (IOException | RuntimeException e) {
      throw damaged(source, e);
    }
  }

  private static Optional<ModelSignature> signature(Map<String, byte[]> entries, String source)
      throws IOException {
    byte[] bytes = entries.get(SIGNATURE);
    if (bytes == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(bytes, ModelSignature.class));
    } catch (JsonProcessingException e) {
      throw damaged(source, e);
    }
  }

  private static ModelException tooLarge(String source, long most, String where) {
    return new ModelException(
        Text.format(
            "%s holds more than %,d bytes in %s: check the file, or give the driver more memory",
            source, most, where));
  }

  private static ModelException notAGraph(String source, String found, Throwable cause) {
    return new ModelException(
        Text.format("%s holds %s: expected a DL4J ComputationGraph", source, found), cause);
  }

  private static ModelException damaged(String source, Exception cause) {
    return new ModelException(
        Text.format("%s is damaged (%s): restore or save it again", source, cause.getMessage()),
        cause);
  }
}

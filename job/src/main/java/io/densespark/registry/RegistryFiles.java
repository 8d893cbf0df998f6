package io.densespark.registry;

import io.densespark.registry.ModelVersion.FileDigest;
import io.densespark.storage.Content;
import io.densespark.storage.Json;
import io.densespark.storage.StorageException;
import io.densespark.storage.StorageException.Reason;
import io.densespark.storage.Store;
import io.densespark.storage.StoreEntry;
import io.densespark.text.Text;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Where the files of a registry lie and what they hold.
 *
 * @param store the workspace, guarded by the lock where something is written
 * @param name of the model
 */
record RegistryFiles(Store store, String name) {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
  private static final Pattern NUMBER = Pattern.compile("[1-9]\\d{0,8}");

  /** Content of a file under {@code keys}. */
  private record Keyed(int version) {}

  RegistryFiles {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          Text.format(
              "The model name '%s': use up to 100 letters, digits and . _ -, the first a letter or digit",
              name));
    }
  }

  String root() {
    return "models/" + name;
  }

  String uri() {
    return store.uri(root());
  }

  String directory(int version) {
    return root() + "/versions/" + version;
  }

  String path(int version, String file) {
    return directory(version) + "/" + file;
  }

  String aliasCopy(String alias) {
    return root() + "/aliases/" + alias + ".json";
  }

  EventLog events() {
    return new EventLog(store, root() + "/events");
  }

  /** Every version that has a directory, whole or not, in order. */
  List<Integer> numbers() {
    return store.list(root() + "/versions").stream()
        .filter(StoreEntry::directory)
        .map(StoreEntry::name)
        .filter(text -> NUMBER.matcher(text).matches())
        .map(Integer::valueOf)
        .sorted()
        .toList();
  }

  /** What a version states of itself; empty where it has no manifest. */
  Optional<ModelVersion> manifest(int version) {
    String path = path(version, ModelVersion.MANIFEST);
    return content(path).map(content -> parsed(path, () -> ModelVersion.parse(content)));
  }

  /**
   * What a version states of itself.
   *
   * @throws RegistryException if there is no such version
   */
  ModelVersion version(int version) {
    return manifest(version)
        .orElseThrow(
            () ->
                new RegistryException(
                    Text.format(
                        "%s has no version %d, %s. The verb models lists them",
                        uri(),
                        version,
                        numbers().isEmpty() ? "nor any other" : "only " + numbers())));
  }

  /** The version of a key. */
  Optional<Integer> number(String key) {
    String path = keyPath(key);
    return content(path)
        .map(content -> parsed(path, () -> Json.read(content, Keyed.class).version()));
  }

  void writeKey(String key, int version) {
    store.replace(keyPath(key), Content.of(Json.document(new Keyed(version))));
  }

  /** The files of a version, its manifest last. */
  ModelVersion upload(int number, NewVersion model) {
    Map<String, byte[]> contents = new TreeMap<>();
    contents.put(ModelVersion.MODEL, model.zip());
    contents.put(ModelVersion.METRICS, Json.document(model.metrics()));
    model.provenance().ifPresent(p -> contents.put(ModelVersion.PROVENANCE, Json.document(p)));
    Map<String, FileDigest> digests = new TreeMap<>();
    contents.forEach(
        (file, content) -> {
          store.publish(path(number, file), Content.of(content));
          digests.put(file, FileDigest.of(content));
        });
    ModelVersion version =
        new ModelVersion(
            ModelVersion.FORMAT,
            name,
            number,
            model.key(),
            model.runId().orElse(null),
            model.source(),
            model.parametersSha256(),
            model.testSetSha256(),
            model.metrics().examples(),
            model.metrics().accuracy(),
            model.metrics().calibrationError(),
            Instant.now(),
            digests);
    store.publish(path(number, ModelVersion.MANIFEST), Content.of(version.document()));
    return version;
  }

  private String keyPath(String key) {
    return root() + "/keys/" + key + ".json";
  }

  private Optional<byte[]> content(String path) {
    try {
      return Optional.of(store.read(path));
    } catch (StorageException e) {
      if (e.reason() == Reason.MISSING) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Something read from a file of the registry. */
  @FunctionalInterface
  private interface Parse<T> {
    T run() throws IOException;
  }

  private <T> T parsed(String path, Parse<T> parse) {
    try {
      return parse.run();
    } catch (IOException e) {
      throw new RegistryException(
          Text.format("%s is damaged: %s. Restore the file", store.uri(path), e.getMessage()), e);
    }
  }
}

package io.densespark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfigLoader;
import io.densespark.data.FashionMnistDownload.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FashionMnistTest {

  private final Map<String, String> environment = new HashMap<>();
  @TempDir private Path directory;

  private FashionMnist source() {
    environment.putIfAbsent("XDG_CACHE_HOME", directory.resolve("cache").toString());
    FashionMnistDownload nowhere =
        new FashionMnistDownload(
            List.of(), new Limits(Duration.ofSeconds(1), Duration.ofSeconds(1), 1, Duration.ZERO));
    return new FashionMnist(FileOpener.local(), environment, directory.resolve("debian"), nowhere);
  }

  private static DataConfig config(Path path, boolean verify) {
    return config(Optional.ofNullable(path).map(Path::toString), verify, false);
  }

  private static DataConfig config(Optional<String> path, boolean verify, boolean download) {
    ConfigSources sources =
        new ConfigSources()
            .set("data.path=" + path.orElse("auto"))
            .set("data.verify-checksums=" + verify)
            .set("data.download=" + download);
    return new RunConfigLoader().load(sources).data();
  }

  private IdxFiles.Loaded load(DataConfig config) {
    return IdxFiles.load(source(), config);
  }

  private void refused(DataConfig config, String... said) {
    assertThatThrownBy(() -> load(config))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(said);
  }

  @Test
  void loadsADataSetOfOnesOwn() {
    IdxFiles.Loaded images = load(config(IdxFiles.sample(), false));
    assertThat(images.train().size()).isEqualTo(512);
    assertThat(images.test().size()).isEqualTo(256);
    assertThat(images.files().files())
        .hasSize(4)
        .allSatisfy(f -> assertThat(f.sha256()).hasSize(64));
    assertThat(images.files().directory()).isEqualTo(IdxFiles.sample().toString());
  }

  @Test
  void takesAFileUri() {
    String uri = IdxFiles.sample().toUri().toString();
    assertThat(load(config(Optional.of(uri), false, false)).test().size()).isEqualTo(256);
  }

  @Test
  void refusesFilesThatAreNotThePublishedOnes() {
    refused(
        config(IdxFiles.sample(), true),
        "train-images-idx3-ubyte.gz is not the published",
        PublishedFile.TRAIN_IMAGES.contentSha256(),
        "data.verify-checksums=false");
  }

  @Test
  void namesEveryMissingFile() throws IOException {
    IdxFiles.copySample(directory.resolve("data"));
    Files.delete(directory.resolve("data/train-labels-idx1-ubyte.gz"));
    Files.delete(directory.resolve("data/t10k-images-idx3-ubyte.gz"));
    refused(
        config(directory.resolve("data"), false),
        "named by data.path",
        "lacks train-labels-idx1-ubyte, t10k-images-idx3-ubyte, each plain");
  }

  @Test
  void readsPlainFilesBesideCompressedOnes() throws IOException {
    Path data = directory.resolve("data");
    IdxFiles.copySample(data);
    Path archive = data.resolve(PublishedFile.TEST_LABELS.archiveName());
    try (var in = new GZIPInputStream(Files.newInputStream(archive))) {
      Files.copy(in, data.resolve(PublishedFile.TEST_LABELS.fileName()));
    }
    Files.delete(archive);
    assertThat(load(config(data, false)).test().labels())
        .isEqualTo(load(config(IdxFiles.sample(), false)).test().labels());
  }

  @Test
  void readsTheNamesThatOtherPublishersUse() throws IOException {
    IdxFiles.Loaded usual = load(config(IdxFiles.sample(), false));
    Path dotted = directory.resolve("dotted");
    IdxFiles.copySample(dotted);
    rename(dotted, name -> name.replace("-idx", ".idx"));
    assertThat(load(config(dotted, false)).train().pixels()).isEqualTo(usual.train().pixels());

    Path emnist = directory.resolve("gzip");
    IdxFiles.copySample(emnist);
    rename(emnist, name -> "emnist-letters-" + name.replace("t10k", "test"));
    IdxFiles.Loaded letters = load(config(emnist.resolve("emnist-letters"), false));
    assertThat(letters.test().labels()).isEqualTo(usual.test().labels());
    // Its images have rows for columns.
    for (int p = 0; p < 784; p++) {
      assertThat(letters.train().pixels()[784 + p % 28 * 28 + p / 28])
          .isEqualTo(usual.train().pixels()[784 + p]);
    }
    refused(config(emnist, false), "emnist-letters", "train-images-idx3-ubyte");
  }

  private static void rename(Path directory, UnaryOperator<String> name) throws IOException {
    for (PublishedFile file : PublishedFile.values()) {
      Path from = directory.resolve(file.archiveName());
      Files.move(from, directory.resolve(name.apply(file.archiveName())));
    }
  }

  @Test
  void refusesTestImagesOfAnotherShape() throws IOException {
    Path data = directory.resolve("data");
    IdxFiles.copySample(data);
    Files.write(
        data.resolve(PublishedFile.TEST_IMAGES.archiveName()),
        IdxFiles.idx(IdxFiles.IMAGES, 256 * 6, 256, 2, 3));
    refused(config(data, false), "28x28", "2x3");
  }

  @Test
  void looksWhereTheEnvironmentPoints() {
    environment.put(FashionMnist.ENVIRONMENT_VARIABLE, IdxFiles.sample().toString());
    assertThat(load(config(null, false)).files().directory())
        .isEqualTo(IdxFiles.sample().toString());
    environment.put(FashionMnist.ENVIRONMENT_VARIABLE, directory.toString());
    refused(config(null, false), "named by DENSESPARK_DATA", "lacks train-images-idx3-ubyte");
  }

  @Test
  void prefersTheSettingToTheEnvironment() {
    environment.put(FashionMnist.ENVIRONMENT_VARIABLE, "/nowhere");
    assertThat(load(config(IdxFiles.sample(), false)).files().directory())
        .isEqualTo(IdxFiles.sample().toString());
  }

  @Test
  void looksInTheSystemsDirectoryAndThenInTheCache() throws IOException {
    Path cache = directory.resolve("cache/densespark/fashion-mnist");
    IdxFiles.copySample(cache);
    assertThat(load(config(null, false)).files().directory()).isEqualTo("file:" + cache);
    IdxFiles.copySample(directory.resolve("debian"));
    assertThat(load(config(null, false)).files().directory())
        .isEqualTo("file:" + directory.resolve("debian"));
  }

  @Test
  void keepsTheCacheUnderTheHomeDirectoryUnlessToldOtherwise() throws IOException {
    environment.put("XDG_CACHE_HOME", "relative/paths/are/ignored");
    environment.put("HOME", directory.toString());
    Path cache = directory.resolve(".cache/densespark/fashion-mnist");
    IdxFiles.copySample(cache);
    assertThat(load(config(null, false)).files().directory()).isEqualTo("file:" + cache);
  }

  @Test
  void saysHowToGetTheDataWhenItIsNowhere() {
    refused(config(null, false), "data.download is off", "apt-get install dataset-fashion-mnist");
    refused(
        config(Optional.empty(), false, true),
        "could not be downloaded",
        "apt-get install dataset-fashion-mnist");
  }

  @Test
  void refusesARemoteAddressWithoutAFileSystemForIt() {
    refused(
        config(Optional.of("hdfs://host/data"), false, false),
        "hdfs://host/data",
        "not on the local file system");
  }
}

package io.densespark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.data.DataConfig.AugmentConfig;
import io.densespark.data.FashionMnistDownload.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
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
    return config(
        Optional.ofNullable(path).map(Path::toString), verify, false, OptionalInt.empty());
  }

  private static DataConfig config(
      Optional<String> path, boolean verify, boolean download, OptionalInt limit) {
    return new DataConfig(
        path, 48, List.of(), limit, limit, 0, download, verify, AugmentConfig.none());
  }

  private LabelledImages load(DataConfig config) {
    return source().load(config, 10);
  }

  private void refused(DataConfig config, String... said) {
    assertThatThrownBy(() -> load(config))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(said);
  }

  @Test
  void loadsADataSetOfOnesOwn() {
    LabelledImages images = load(config(IdxFiles.sample(), false));
    assertThat(images.train().size()).isEqualTo(512);
    assertThat(images.test().size()).isEqualTo(256);
    assertThat(images.files()).hasSize(4).allSatisfy(f -> assertThat(f.sha256()).hasSize(64));
    assertThat(images.directory()).isEqualTo(IdxFiles.sample().toString());
  }

  @Test
  void takesAFileUri() {
    String uri = IdxFiles.sample().toUri().toString();
    assertThat(load(config(Optional.of(uri), false, false, OptionalInt.empty())).test().size())
        .isEqualTo(256);
  }

  @Test
  void takesTheFirstImagesOnly() {
    Optional<String> sample = Optional.of(IdxFiles.sample().toString());
    LabelledImages all = load(config(IdxFiles.sample(), false));
    LabelledImages few = load(config(sample, false, false, OptionalInt.of(7)));
    assertThat(few.train().labels()).hasSize(7).isEqualTo(first(all.train().labels(), 7));
    assertThat(few.train().pixels()).isEqualTo(first(all.train().pixels(), 7 * 784));
    assertThat(few.test().size()).isEqualTo(7);
    refused(config(sample, false, false, OptionalInt.of(513)), "data.train-limit is 513", "512");
    refused(config(sample, false, false, OptionalInt.of(300)), "data.test-limit is 300", "256");
  }

  @Test
  void holdsTheLastTrainingImagesOut() {
    LabelledImages all = load(config(IdxFiles.sample(), false));
    LabelledImages held = load(validated(100, OptionalInt.of(250)));
    assertThat(held.train().labels()).isEqualTo(first(all.train().labels(), 150));
    assertThat(held.train().pixels()).isEqualTo(first(all.train().pixels(), 150 * 784));
    ImageSet part = held.validation().orElseThrow();
    assertThat(part.labels())
        .isEqualTo(java.util.Arrays.copyOfRange(all.train().labels(), 150, 250));
    assertThat(part.pixels())
        .isEqualTo(java.util.Arrays.copyOfRange(all.train().pixels(), 150 * 784, 250 * 784));
    assertThat(held.test().size()).isEqualTo(256);
    assertThat(all.validation()).isEmpty();
    refused(validated(512, OptionalInt.empty()), "data.validation is 512", "0 to 511");
  }

  private static DataConfig validated(int validation, OptionalInt trainLimit) {
    return new DataConfig(
        Optional.of(IdxFiles.sample().toString()),
        48,
        List.of(),
        trainLimit,
        OptionalInt.empty(),
        validation,
        false,
        false,
        AugmentConfig.none());
  }

  private static byte[] first(byte[] bytes, int count) {
    return java.util.Arrays.copyOf(bytes, count);
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
    assertThat(load(config(null, false)).directory()).isEqualTo(IdxFiles.sample().toString());
    environment.put(FashionMnist.ENVIRONMENT_VARIABLE, directory.toString());
    refused(config(null, false), "named by DENSESPARK_DATA", "lacks train-images-idx3-ubyte");
  }

  @Test
  void prefersTheSettingToTheEnvironment() {
    environment.put(FashionMnist.ENVIRONMENT_VARIABLE, "/nowhere");
    assertThat(load(config(IdxFiles.sample(), false)).directory())
        .isEqualTo(IdxFiles.sample().toString());
  }

  @Test
  void looksInTheSystemsDirectoryAndThenInTheCache() throws IOException {
    Path cache = directory.resolve("cache/densespark/fashion-mnist");
    IdxFiles.copySample(cache);
    assertThat(load(config(null, false)).directory()).isEqualTo("file:" + cache);
    IdxFiles.copySample(directory.resolve("debian"));
    assertThat(load(config(null, false)).directory())
        .isEqualTo("file:" + directory.resolve("debian"));
  }

  @Test
  void keepsTheCacheUnderTheHomeDirectoryUnlessToldOtherwise() throws IOException {
    environment.put("XDG_CACHE_HOME", "relative/paths/are/ignored");
    environment.put("HOME", directory.toString());
    Path cache = directory.resolve(".cache/densespark/fashion-mnist");
    IdxFiles.copySample(cache);
    assertThat(load(config(null, false)).directory()).isEqualTo("file:" + cache);
  }

  @Test
  void saysHowToGetTheDataWhenItIsNowhere() {
    refused(config(null, false), "data.download is off", "apt-get install dataset-fashion-mnist");
    refused(
        config(Optional.empty(), false, true, OptionalInt.empty()),
        "could not be downloaded",
        "apt-get install dataset-fashion-mnist");
  }

  @Test
  void refusesARemoteAddressWithoutAFileSystemForIt() {
    refused(
        config(Optional.of("hdfs://host/data"), false, false, OptionalInt.empty()),
        "hdfs://host/data",
        "not on the local file system");
  }
}

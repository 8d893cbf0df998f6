package io.densespark.data;

import io.densespark.data.FashionMnistDownload.RemoteFile;
import io.densespark.text.Text;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds, verifies and reads Fashion-MNIST, or another data set in the same four files.
 *
 * <p>Looked for in this order: the setting {@code data.path}, the environment variable {@value
 * #ENVIRONMENT_VARIABLE}, the directory of Debian's package {@value #DEBIAN_PACKAGE}, the cache of
 * earlier downloads; what is then missing is downloaded into that cache if the settings allow it. A
 * place that was named explicitly must hold all four files: there is no falling back from it.
 */
public final class FashionMnist {

  /** Names a directory with the four files. */
  public static final String ENVIRONMENT_VARIABLE = "DENSESPARK_DATA";

  /** The Debian package that installs the four files. */
  public static final String DEBIAN_PACKAGE = "dataset-fashion-mnist";

  /** Names of the classes, by label. */
  public static final List<String> CLASS_NAMES =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  private static final Logger LOG = LoggerFactory.getLogger(FashionMnist.class);
  private static final String INSTALL_HINT =
      Text.format(
          "install it with 'sudo apt-get install %s', or set data.path or %s to a directory that holds it",
          DEBIAN_PACKAGE, ENVIRONMENT_VARIABLE);

  private final FileOpener opener;
  private final Map<String, String> environment;
  private final Path debianDirectory;
  private final FashionMnistDownload download;

  /**
   * @param opener opens {@code data.path} and everything else that is read
   */
  public FashionMnist(FileOpener opener) {
    this(
        opener,
        System.getenv(),
        Path.of("/usr/share/datasets/fashion-mnist"),
        FashionMnistDownload.fromPublisher());
  }

  FashionMnist(
      FileOpener opener,
      Map<String, String> environment,
      Path debianDirectory,
      FashionMnistDownload download) {
    this.opener = opener;
    this.environment = environment;
    this.debianDirectory = debianDirectory;
    this.download = download;
  }

  /**
   * Finds the data set and looks at all of it once, an image at a time.
   *
   * @param train reads all training images, in their order; called once
   * @param test the same for the test images, afterwards
   * @throws DataException when the files cannot be found or got, or are not what they should be
   */
  public LabelledFiles load(
      DataConfig config, Consumer<IdxImages> train, Consumer<IdxImages> test) {
    String directory = locate(config);
    List<DataFile> files = new ArrayList<>();
    IdxPart trained =
        look(directory, PublishedFile.TRAIN_IMAGES, PublishedFile.TRAIN_LABELS, train, files);
    IdxPart tested =
        look(
            directory,
            PublishedFile.TEST_IMAGES,
            PublishedFile.TEST_LABELS,
            images -> {
              requireSameShape(directory, trained, images.part());
              test.accept(images);
            },
            files);
    if (config.verifyChecksums()) {
      verify(files);
    }
    return new LabelledFiles(trained, tested, directory, files);
  }

  /**
   * The directory that {@link #load} reads, filled by a download if need be.
   *
   * @throws DataException when no place holds the files and they cannot be downloaded
   */
  public String locate(DataConfig config) {
    if (config.path().isPresent()) {
      return complete(config.path().get(), "data.path");
    }
    String named = environment.getOrDefault(ENVIRONMENT_VARIABLE, "");
    if (!named.isBlank()) {
      return complete(named, ENVIRONMENT_VARIABLE);
    }
    String debian = onThisDisk(debianDirectory);
    if (missing(debian).isEmpty()) {
      return debian;
    }
    Path cache = cacheDirectory();
    List<PublishedFile> missing = missing(onThisDisk(cache));
    if (!missing.isEmpty()) {
      fill(cache, missing, config.download());
    }
    return onThisDisk(cache);
  }

  /** A plain path would be on another store where the cluster's default says so. */
  private static String onThisDisk(Path directory) {
    return "file:" + directory.toAbsolutePath();
  }

  private void fill(Path cache, List<PublishedFile> missing, boolean mayDownload) {
    if (!mayDownload) {
      throw new DataException(
          Text.format(
              "Fashion-MNIST is neither in %s nor in %s, and data.download is off; %s",
              debianDirectory, cache, INSTALL_HINT));
    }
    LOG.info("Fashion-MNIST is not on this machine; downloading it to {}", cache);
    try {
      missing.forEach(file -> download.fetch(RemoteFile.of(file), cache));
    } catch (DataException e) {
      throw new DataException(Text.format("%s; %s", e.getMessage(), INSTALL_HINT), e);
    }
  }

  private String complete(String directory, String namedBy) {
    List<PublishedFile> missing = missing(directory);
    if (!missing.isEmpty()) {
      throw new DataException(
          Text.format(
              "%s, named by %s, lacks %s, each plain or with .gz (of EMNIST, name a set, as …/emnist-letters). A plain path is on fs.defaultFS, file:/… on this machine's disk",
              directory,
              namedBy,
              missing.stream().map(PublishedFile::fileName).collect(Collectors.joining(", "))));
    }
    return directory;
  }

  private List<PublishedFile> missing(String directory) {
    List<PublishedFile> missing = new ArrayList<>();
    for (PublishedFile file : PublishedFile.values()) {
      if (find(directory, file).isEmpty()) {
        missing.add(file);
      }
    }
    return missing;
  }

  /** The file's address under the first name that is there. */
  private Optional<String> find(String directory, PublishedFile file) {
    String first = isEmnist(directory) ? directory + "-" : directory.replaceFirst("/?$", "/");
    for (String name : file.names()) {
      String uri = first + name;
      try {
        opener.open(uri).close();
        return Optional.of(uri);
      } catch (FileNotFoundException | NoSuchFileException e) {
        // Looked for under the other names.
      } catch (IOException e) {
        throw new DataException(Text.format("%s cannot be read: %s", uri, e), e);
      }
    }
    return Optional.empty();
  }

  /** Whether a place is what the names of a set of EMNIST begin with, as {@code emnist-letters}. */
  public static boolean isEmnist(String place) {
    return place.substring(place.lastIndexOf('/') + 1).matches("emnist-[a-z]+");
  }

  private IdxPart look(
      String directory,
      PublishedFile imageFile,
      PublishedFile labelFile,
      Consumer<IdxImages> look,
      List<DataFile> files) {
    IdxReader reader = new IdxReader(opener);
    IdxReader.Labels labels = reader.labels(uri(directory, labelFile));
    // EMNIST has rows for columns (Cohen et al. 2017).
    try (IdxImages images =
        reader.images(uri(directory, imageFile), isEmnist(directory), Optional.of(labels))) {
      look.accept(images);
      files.add(images.end());
      files.add(labels.file());
      return images.part();
    }
  }

  private String uri(String directory, PublishedFile file) {
    return find(directory, file).orElse(file.fileName());
  }

  private static void requireSameShape(String directory, IdxPart train, IdxPart test) {
    if (train.height() != test.height() || train.width() != test.width()) {
      throw new DataException(
          Text.format(
              "%s: training images have %dx%d pixels but test images %dx%d; both must be equal",
              directory, train.height(), train.width(), test.height(), test.width()));
    }
  }

  private static void verify(List<DataFile> files) {
    for (PublishedFile published : PublishedFile.values()) {
      published
          .mismatch(files.get(published.ordinal()))
          .ifPresent(
              reason -> {
                throw new DataException(
                    reason
                        + "; get the file again, or set data.verify-checksums=false if it is a data set of your own");
              });
    }
  }

  private Path cacheDirectory() {
    // The specification has relative paths ignored.
    String cacheHome = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path base =
        cacheHome.startsWith("/")
            ? Path.of(cacheHome)
            : Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")), ".cache");
    return base.resolve("densespark").resolve("fashion-mnist");
  }
}

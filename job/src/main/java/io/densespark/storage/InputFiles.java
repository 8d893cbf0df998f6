package io.densespark.storage;

import io.densespark.storage.StorageException.Reason;
import io.densespark.text.Text;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.net.URI;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.GlobPattern;
import org.apache.hadoop.fs.Path;

/**
 * Opens what a user names, for reading: models, images, data. Plain paths and URIs are taken as
 * everywhere, on {@code fs.defaultFS} where no scheme is given; names are not restricted.
 *
 * <p>May be serialised with Spark tasks: the receiver makes connections of its own when it needs
 * them. Not safe for use by several threads at once.
 */
public final class InputFiles implements Serializable, AutoCloseable {

  private static final Pattern PATTERN = Pattern.compile("[*?\\[{]");

  private transient Configuration configuration;
  private transient Map<URI, FileSystem> connections;

  /**
   * @param hadoop settings of the file systems; copied
   */
  public InputFiles(Configuration hadoop) {
    this.configuration = StoreSettings.bounded(hadoop);
    this.connections = new HashMap<>();
  }

  /** What a plain path or URI names, there or not. */
  public InputFile at(String place) {
    Path path = WorkspaceUri.parse(place, configuration);
    return attempt("look at", place, () -> at(path));
  }

  /**
   * The same; where nothing has just that name and it holds one of {@code * ? [ {}, all that match
   * it as a pattern, by name.
   */
  public List<InputFile> matching(String place) {
    InputFile literal = at(place);
    if (literal.kind() != InputFile.Kind.MISSING || !PATTERN.matcher(place).find()) {
      return List.of(literal);
    }
    Path path = WorkspaceUri.parse(place, configuration);
    return attempt("look at", place, () -> matching(path));
  }

  /** Opens what {@link InputFile#key} named, in this process or another. */
  public InputFile reopen(String key) {
    return attempt(
        "look at",
        key,
        () ->
            key.startsWith(LocalInput.KEY)
                ? LocalInput.of(
                    java.nio.file.Path.of(URI.create(key.substring(LocalInput.KEY.length()))))
                : new RemoteInput(connection(new Path(key)), new Path(key), Optional.empty()));
  }

  /**
   * Opens one file.
   *
   * @throws FileNotFoundException where there is none
   */
  public InputStream read(String place) throws IOException {
    try {
      return at(place).open();
    } catch (FileNotFoundException | NoSuchFileException e) {
      StorageException missing = StorageFailure.of("read", place, e);
      throw (FileNotFoundException)
          new FileNotFoundException(missing.getMessage()).initCause(missing);
    } catch (IOException | RuntimeException e) {
      throw StorageFailure.of("read", place, e);
    }
  }

  /** As {@link #read}, through a connection that is released when the stream is closed. */
  public static InputStream open(String place, Configuration hadoop) throws IOException {
    InputFiles files = new InputFiles(hadoop);
    try {
      return new FilterInputStream(files.read(place)) {
        @Override
        public void close() throws IOException {
          try (files) {
            super.close();
          }
        }
      };
    } catch (IOException | RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /**
   * Checks that what is to be written will not touch what is read.
   *
   * @throws StorageException with {@link Reason#OVERLAPS} where the target is, holds or lies in one
   *     of the inputs, however they are written
   */
  public void requireApart(String target, List<InputFile> inputs) {
    FileLocation place = at(target).location();
    for (InputFile input : inputs) {
      FileLocation read = input.location();
      String how =
          place.equals(read)
              ? "is"
              : place.holds(read) ? "holds" : read.holds(place) ? "lies in" : "";
      if (!how.isEmpty()) {
        throw new StorageException(
            Reason.OVERLAPS,
            Text.format(
                "%s %s the input %s, which would be damaged: choose another place to write to",
                target, how, input.uri()));
      }
    }
  }

  /** Releases the connections. */
  @Override
  public void close() {
    for (FileSystem connection : connections.values()) {
      attempt(
          "close",
          connection.getUri().toString(),
          () -> {
            connection.close();
            return null;
          });
    }
    connections.clear();
  }

  private InputFile at(Path path) throws IOException {
    if (WorkspaceUri.isLocal(path, configuration)) {
      return LocalInput.of(java.nio.file.Path.of(path.toUri().getPath()).toAbsolutePath());
    }
    FileSystem fileSystem = connection(path);
    return RemoteInput.of(fileSystem, fileSystem.makeQualified(path));
  }

  private List<InputFile> matching(Path path) throws IOException {
    if (!PATTERN.matcher(path.toUri().getPath()).find() || path.getParent() == null) {
      InputFile found = at(path);
      return found.kind() == InputFile.Kind.MISSING ? List.of() : List.of(found);
    }
    GlobPattern pattern = new GlobPattern(path.getName());
    List<InputFile> found = new java.util.ArrayList<>();
    for (InputFile folder : matching(path.getParent())) {
      if (folder.kind() == InputFile.Kind.FOLDER) {
        folder.children().stream().filter(c -> pattern.matches(c.name())).forEach(found::add);
      }
    }
    return found;
  }

  private FileSystem connection(Path path) throws IOException {
    URI uri = path.toUri();
    URI root =
        uri.getScheme() == null
            ? FileSystem.getDefaultUri(configuration)
            : URI.create(
                uri.getScheme() + "://" + Optional.ofNullable(uri.getAuthority()).orElse("") + "/");
    FileSystem known = connections.get(root);
    if (known == null) {
      known = StoreSettings.connect(path, configuration);
      connections.put(root, known);
    }
    return known;
  }

  private static <T> T attempt(String what, String place, StorageFailure.Call<T> call) {
    return StorageFailure.attempt(what, WorkspaceUri.redact(place), call);
  }

  private void writeObject(ObjectOutputStream out) throws IOException {
    configuration.write(out);
  }

  private void readObject(ObjectInputStream in) throws IOException {
    configuration = new Configuration(false);
    configuration.readFields(in);
    connections = new HashMap<>();
  }
}

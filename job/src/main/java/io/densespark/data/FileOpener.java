package io.densespark.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Opens files for reading by URI, so that this package need not know the file systems. */
@FunctionalInterface
public interface FileOpener {

  /**
   * Opens a file from its first byte; the caller closes the stream.
   *
   * @throws java.io.FileNotFoundException or {@link java.nio.file.NoSuchFileException} when there
   *     is no such file; other exceptions mean that it is there and cannot be read
   */
  InputStream open(String uri) throws IOException;

  /** Opens plain paths and {@code file:} URIs. */
  static FileOpener local() {
    Pattern remote = Pattern.compile("(?!file:)[a-zA-Z][a-zA-Z0-9+.-]+:.*");
    return uri -> {
      if (remote.matcher(uri).matches()) {
        throw new IOException(uri + " is not on the local file system");
      }
      Path path = uri.startsWith("file:") ? Path.of(uri.substring("file:".length())) : Path.of(uri);
      return Files.newInputStream(path);
    };
  }
}

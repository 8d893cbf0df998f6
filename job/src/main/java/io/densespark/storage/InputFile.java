package io.densespark.storage;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A file or folder to be read, under whatever name its file system took.
 *
 * @implNote local ones go past Hadoop: Java's own paths keep a name's bytes, so that one that is
 *     not text in this process's locale can be read all the same, and links can be followed to what
 *     they lead to
 */
public sealed interface InputFile permits LocalInput, RemoteInput {

  /** What is there. */
  enum Kind {
    MISSING,
    FILE,
    FOLDER
  }

  Kind kind();

  /** The last part of the path, as text: bytes that are not UTF-8 as {@code %FF}. */
  String name();

  /** The absolute URI for people, and for Spark where the name is text. */
  String uri();

  /** {@link #uri} with the escapes of URIs, as Spark names the file of a row. */
  default String escapedUri() {
    return new org.apache.hadoop.fs.Path(uri()).toUri().toString();
  }

  /** Whether {@link #uri} says exactly what the name is. */
  boolean named();

  /** Names it for {@link InputFiles#reopen}, in another process too. */
  String key();

  /** Length of a file. */
  long bytes() throws IOException;

  /** The last bytes of a file, all of it where it is shorter. */
  byte[] tail(int bytes) throws IOException;

  /** Opens a file from its first byte. */
  InputStream open() throws IOException;

  /** Opens a file from another byte, without reading those before it. */
  InputStream open(long offset) throws IOException;

  /** Its path, where it is on this machine's disk. */
  Optional<Path> local();

  /** What is directly in a folder, by name. */
  List<InputFile> children() throws IOException;

  /** Whether this is a link, which stands for something that has another name. */
  boolean isLink();

  /**
   * What it is once every link is followed, whatever it is called; not there: where it would be.
   */
  FileLocation location();
}

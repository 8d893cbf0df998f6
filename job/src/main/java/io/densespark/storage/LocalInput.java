package io.densespark.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** A file or folder on this machine's disk. */
record LocalInput(Path path, String name) implements InputFile {

  static final String KEY = "local:";

  static LocalInput of(Path path) {
    Path name = path.getFileName();
    return new LocalInput(path, name == null ? "/" : text(name));
  }

  @Override
  public Kind kind() {
    return Files.isDirectory(path)
        ? Kind.FOLDER
        : Files.isRegularFile(path) ? Kind.FILE : Kind.MISSING;
  }

  @Override
  public String uri() {
    return "file:" + text(path);
  }

  @Override
  public boolean named() {
    return Path.of(path.toString()).equals(path) && path.toString().equals(text(path));
  }

  @Override
  public String key() {
    return KEY + path.toUri();
  }

  @Override
  public long bytes() throws IOException {
    return Files.size(path);
  }

  @Override
  public byte[] tail(int bytes) throws IOException {
    try (SeekableByteChannel channel = Files.newByteChannel(path)) {
      channel.position(Math.max(0, channel.size() - bytes));
      return Channels.newInputStream(channel).readNBytes(bytes);
    }
  }

  @Override
  public InputStream open() throws IOException {
    if (Files.isDirectory(path)) {
      throw new FileNotFoundException(uri() + " is a folder, not a file");
    }
    return Files.newInputStream(path);
  }

  @Override
  public InputStream open(long offset) throws IOException {
    return Channels.newInputStream(Files.newByteChannel(path).position(offset));
  }

  @Override
  public Optional<Path> local() {
    return Optional.of(path);
  }

  @Override
  public List<InputFile> children() throws IOException {
    List<InputFile> children = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
      entries.forEach(entry -> children.add(of(entry)));
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    children.sort(Comparator.comparing(InputFile::name));
    return children;
  }

  @Override
  public boolean isLink() {
    return Files.isSymbolicLink(path);
  }

  @Override
  public FileLocation location() {
    return FileLocation.of(path);
  }

  /** Java's text of a path has lost what is not text in this locale; its URI has every byte. */
  private static String text(Path path) {
    String raw = Path.of("/").resolve(path).toUri().getRawPath();
    // A folder that is there gets a slash at the end.
    String whole = raw.length() > 1 && raw.endsWith("/") ? raw.substring(0, raw.length() - 1) : raw;
    return PercentEscapes.decode(path.isAbsolute() ? whole : whole.substring(1));
  }
}

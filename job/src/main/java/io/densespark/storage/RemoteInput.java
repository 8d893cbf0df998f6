package io.densespark.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** A file or folder in another store. */
record RemoteInput(FileSystem fileSystem, Path path, Optional<FileStatus> status)
    implements InputFile {

  static RemoteInput of(FileSystem fileSystem, Path path) throws IOException {
    try {
      return new RemoteInput(fileSystem, path, Optional.of(fileSystem.getFileStatus(path)));
    } catch (FileNotFoundException e) {
      return new RemoteInput(fileSystem, path, Optional.empty());
    }
  }

  @Override
  public Kind kind() {
    return status.map(found -> found.isDirectory() ? Kind.FOLDER : Kind.FILE).orElse(Kind.MISSING);
  }

  @Override
  public String name() {
    return path.getName().isEmpty() ? "/" : path.getName();
  }

  @Override
  public String uri() {
    return path.toString();
  }

  @Override
  public boolean named() {
    return true;
  }

  @Override
  public String key() {
    return path.toString();
  }

  @Override
  public long bytes() throws IOException {
    // One that was reopened has not been looked at yet.
    return (status.isPresent() ? status.get() : fileSystem.getFileStatus(path)).getLen();
  }

  @Override
  public byte[] tail(int bytes) throws IOException {
    long length = bytes();
    byte[] tail = new byte[(int) Math.min(bytes, length)];
    try (FSDataInputStream in = fileSystem.open(path)) {
      in.readFully(length - tail.length, tail);
    }
    return tail;
  }

  @Override
  public InputStream open() throws IOException {
    return fileSystem.open(path);
  }

  @Override
  public InputStream open(long offset) throws IOException {
    FSDataInputStream in = fileSystem.open(path);
    try {
      in.seek(offset);
      return in;
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  @Override
  public Optional<java.nio.file.Path> local() {
    return Optional.empty();
  }

  @Override
  public List<InputFile> children() throws IOException {
    return Arrays.stream(fileSystem.listStatus(path))
        .<InputFile>map(found -> new RemoteInput(fileSystem, found.getPath(), Optional.of(found)))
        .sorted(Comparator.comparing(InputFile::name))
        .toList();
  }

  @Override
  public boolean isLink() {
    return false;
  }

  @Override
  public FileLocation location() {
    return FileLocation.of(fileSystem, path);
  }
}

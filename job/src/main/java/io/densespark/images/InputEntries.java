package io.densespark.images;

import io.densespark.data.DataException;
import io.densespark.images.ImageInputs.Format;
import io.densespark.storage.FolderWalk;
import io.densespark.storage.FolderWalk.Entry;
import io.densespark.storage.InputFile;
import io.densespark.storage.InputFile.Kind;
import io.densespark.storage.StorageFailure;
import io.densespark.text.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * One input with all that lies below it, looked at once.
 *
 * @param file a file or folder
 * @param entries files of the folder, names that begin with a dot left out; of a file itself
 */
public record InputEntries(InputFile file, List<Entry> entries) {

  private static final int PARQUET_MAGIC = 0x50415231;
  private static final int IDX_MAGIC = 0x0803;
  private static final int GZIP_MAGIC = 0x1f8b;
  private static final Set<String> IMAGE_ENDINGS =
      Set.of("png", "jpg", "jpeg", "jpe", "jfif", "gif", "bmp");

  /**
   * @param place as the user wrote it
   * @throws DataException when nothing is there
   */
  public static InputEntries of(InputFile file, String place) {
    return switch (file.kind()) {
      case MISSING ->
          throw new DataException(Text.format("there is nothing at %s: check the input", place));
      case FILE -> new InputEntries(file, List.of(new Entry(file.name(), file)));
      case FOLDER -> new InputEntries(file, FolderWalk.below(file, name -> name.startsWith(".")));
    };
  }

  public boolean isFolder() {
    return file.kind() == Kind.FOLDER;
  }

  /** The id of an entry, or of its rows. */
  String id(Entry entry, boolean severalInputs) {
    if (!severalInputs) {
      return entry.path();
    }
    String uri = file.uri();
    return isFolder() ? (uri.endsWith("/") ? uri : uri + "/") + entry.path() : uri;
  }

  /**
   * The format: a folder with a Parquet file somewhere in it is Parquet, any other holds images;
   * files tell by their names or first bytes.
   *
   * @throws DataException when a folder holds Parquet and images
   */
  Format format() {
    if (!isFolder()) {
      return formatOfFile();
    }
    boolean parquet =
        readable().anyMatch(entry -> isData(entry) && ending(entry).equals("parquet"));
    boolean images = readable().anyMatch(InputEntries::isImage);
    if (parquet && images) {
      throw new DataException(
          Text.format(
              "%s holds Parquet and images: say which are meant with --format parquet or --format images",
              file.uri()));
    }
    return parquet ? Format.PARQUET : Format.IMAGES;
  }

  private Format formatOfFile() {
    String name = file.name().toLowerCase(Locale.ROOT);
    if (name.endsWith(".parquet")) {
      return Format.PARQUET;
    }
    if (name.matches(".*idx\\d-ubyte(\\.gz)?")) {
      return Format.IDX;
    }
    if (isImage(entries.get(0))) {
      return Format.IMAGES;
    }
    byte[] start;
    try (InputStream in = file.open()) {
      start = in.readNBytes(Integer.BYTES);
    } catch (IOException e) {
      throw new DataException(
          Text.format("%s cannot be read: %s", file.uri(), StorageFailure.text(e, file.uri())), e);
    }
    if (start.length < Integer.BYTES) {
      return Format.IMAGES;
    }
    int magic = ByteBuffer.wrap(start).getInt();
    if (magic == PARQUET_MAGIC) {
      return Format.PARQUET;
    }
    return magic == IDX_MAGIC || magic >>> 16 == GZIP_MAGIC ? Format.IDX : Format.IMAGES;
  }

  private java.util.stream.Stream<Entry> readable() {
    return entries.stream().filter(entry -> entry.leftOut().isEmpty());
  }

  /** Whether an entry is data to Spark, which passes over what begins with an underscore. */
  public static boolean isData(Entry entry) {
    return !("/" + entry.path()).contains("/_");
  }

  /** Whether a name is that of an image in a format that is read. */
  public static boolean isImage(Entry entry) {
    return IMAGE_ENDINGS.contains(ending(entry));
  }

  /** What follows the last dot of a name, in small letters; empty: there is none. */
  public static String ending(Entry entry) {
    String name = entry.path().substring(entry.path().lastIndexOf('/') + 1);
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }
}

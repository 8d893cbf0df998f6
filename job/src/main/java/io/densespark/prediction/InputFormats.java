package io.densespark.prediction;

import io.densespark.data.DataException;
import io.densespark.prediction.ImageInputs.Format;
import io.densespark.storage.StorageException;
import io.densespark.storage.StorageException.Reason;
import io.densespark.storage.Store;
import io.densespark.storage.StoreEntry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;

/** Tells formats by the names and first bytes of what is at a URI. */
public final class InputFormats {

  private static final int PARQUET_MAGIC = 0x50415231;
  private static final int IDX_MAGIC = 0x0803;
  private static final int GZIP_MAGIC = 0x1f8b;

  private final Configuration hadoop;

  public InputFormats(Configuration hadoop) {
    this.hadoop = hadoop;
  }

  /** The absolute URI of an input. */
  public String qualified(String uri) {
    try (Store store = Store.open(uri, hadoop)) {
      return store.uri();
    }
  }

  /**
   * The format of an input: a directory with a Parquet file in it is Parquet, any other holds
   * images; files tell by their names or first bytes.
   *
   * @param uri as {@link #qualified} gives it
   * @throws DataException when nothing is there
   */
  public Format of(String uri) {
    String name = uri.substring(uri.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    if (name.endsWith(".parquet")) {
      return Format.PARQUET;
    }
    if (name.matches(".*idx\\d-ubyte(\\.gz)?")) {
      return Format.IDX;
    }
    if (name.matches(".*\\.(png|jpe?g|gif|bmp)|.*[*?\\[{].*")) {
      return Format.IMAGES;
    }
    try (Store store = Store.open(uri, hadoop)) {
      List<StoreEntry> entries = store.list("");
      boolean isFile = entries.size() == 1 && !entries.get(0).directory() && holds(uri, entries);
      if (isFile) {
        return byContent(uri);
      }
      if (entries.isEmpty() && !exists(uri)) {
        throw new DataException("there is nothing at %s: check the input".formatted(uri));
      }
      return entries.stream().anyMatch(entry -> entry.name().endsWith(".parquet"))
          ? Format.PARQUET
          : Format.IMAGES;
    }
  }

  /** Listing a file gives the file itself. */
  private static boolean holds(String uri, List<StoreEntry> entries) {
    return uri.endsWith("/" + entries.get(0).name());
  }

  private boolean exists(String uri) {
    try (Store parent = Store.open(parentOf(uri), hadoop)) {
      return parent.exists(uri.substring(uri.lastIndexOf('/') + 1));
    } catch (StorageException e) {
      // A name that a workspace would not take; Spark says what it finds there.
      if (e.reason() == Reason.INVALID) {
        return true;
      }
      throw e;
    }
  }

  private Format byContent(String uri) {
    byte[] start;
    try (Store parent = Store.open(parentOf(uri), hadoop);
        InputStream in = parent.open(uri.substring(uri.lastIndexOf('/') + 1))) {
      start = in.readNBytes(Integer.BYTES);
    } catch (IOException e) {
      throw new DataException("%s cannot be read: %s".formatted(uri, e), e);
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

  private static String parentOf(String uri) {
    String parent = uri.substring(0, uri.lastIndexOf('/'));
    return parent.matches("[a-z0-9]+:/*") ? parent + "/" : parent;
  }
}

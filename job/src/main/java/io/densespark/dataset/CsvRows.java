package io.densespark.dataset;

import com.univocity.parsers.csv.CsvParser;
import com.univocity.parsers.csv.CsvParserSettings;
import io.densespark.data.DataConfig.ColumnConfig;
import io.densespark.data.DataException;
import io.densespark.dataset.FileListing.Taken;
import io.densespark.dataset.LabelledImage.Label;
import io.densespark.images.DecodedImage;
import io.densespark.images.ImageColumns;
import io.densespark.images.UnreadableImageException;
import io.densespark.storage.FolderWalk.Entry;
import io.densespark.storage.InputFile;
import io.densespark.storage.InputFiles;
import io.densespark.storage.StorageFailure;
import io.densespark.text.Text;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.Serializable;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Examples in lines of CSV, a label and the pixels of a square image each, as Kaggle has MNIST and
 * its relatives: a column {@code label} and one for each pixel, row-major, whole numbers 0 to 255.
 * A file without a line of names has the label first. Each file is read by one task; they are
 * ordered by the files' paths and their lines.
 */
final class CsvRows {

  private static final int MOST_COLUMNS = 1 << 20;

  private CsvRows() {}

  /** A file and its columns; no record, as Kryo cannot restore those. */
  private static final class Table implements Serializable {

    private final String path;
    private final String key;

    /** Whether the first line holds names. */
    private final boolean named;

    /** Number of columns. */
    private final int width;

    private final int label;

    /** Index of the column that names parts; -1: none. */
    private final int part;

    Table(Entry entry, boolean named, int width, int label, int part) {
      this.path = entry.path();
      this.key = entry.file().key();
      this.named = named;
      this.width = width;
      this.label = label;
      this.part = part;
    }
  }

  /**
   * Finds the files.
   *
   * @throws DataException when there are none
   */
  static Taken find(FileListing listing) {
    Taken taken =
        listing.take(
            entry ->
                listing.input().isFolder() && !FileListing.isCsv(entry)
                    ? "no CSV by its name"
                    : "");
    if (taken.files().isEmpty() && taken.unusable().isEmpty()) {
      throw new DataException(Text.format("%s has no CSV files", listing.place()));
    }
    return taken;
  }

  /**
   * The examples in the files.
   *
   * @throws DataException when a file has no lines, or not the columns
   */
  static LabelledRows of(
      JavaSparkContext context, InputFiles files, Taken taken, String place, ColumnConfig columns) {
    List<Table> tables = new ArrayList<>();
    for (Entry entry : taken.files()) {
      tables.add(table(entry, columns));
    }
    return new LabelledRows(
        context
            .parallelize(tables, tables.size())
            .mapPartitionsWithIndex((number, one) -> new Lines(number, one.next(), files), true),
        true,
        place,
        taken.unusable(),
        taken.leftOut());
  }

  private static Table table(Entry entry, ColumnConfig columns) {
    String[] first;
    try (Reader reader = reader(entry.file())) {
      CsvParser parser = parser();
      parser.beginParsing(reader);
      first = parser.parseNext();
      parser.stopParsing();
    } catch (IOException | RuntimeException e) {
      throw new DataException(
          Text.format("%s cannot be read: %s", entry.path(), StorageFailure.text(e, entry.path())),
          e);
    }
    if (first == null) {
      throw new DataException(entry.path() + " has no lines: repair or remove it");
    }
    List<String> names = Arrays.asList(first);
    boolean named = !names.stream().allMatch(CsvRows::isNumber);
    String label = columns.label().orElse("label");
    if (!named) {
      return new Table(entry, false, first.length, 0, -1);
    }
    return new Table(
        entry,
        true,
        first.length,
        index(entry, names, label, "data.columns.label"),
        columns.split().map(name -> index(entry, names, name, "data.columns.split")).orElse(-1));
  }

  private static int index(Entry entry, List<String> names, String name, String setting) {
    if (!names.contains(name)) {
      throw new DataException(
          Text.format(
              "%s has no column \"%s\", its first line begins with %s: set %s",
              entry.path(), name, names.subList(0, Math.min(3, names.size())), setting));
    }
    return names.indexOf(name);
  }

  private static boolean isNumber(String text) {
    return text != null && text.matches("[-+]?[0-9]+(\\.[0-9]*)?");
  }

  private static CsvParser parser() {
    CsvParserSettings settings = new CsvParserSettings();
    settings.setLineSeparatorDetectionEnabled(true);
    settings.setMaxColumns(MOST_COLUMNS);
    // Passed over here, so that lines are counted as people count them.
    settings.setSkipEmptyLines(false);
    return new CsvParser(settings);
  }

  private static Reader reader(InputFile file) throws IOException {
    InputStream in = new BufferedInputStream(file.open());
    in.mark(2);
    boolean zipped = in.read() == 0x1f && in.read() == 0x8b;
    in.reset();
    return new InputStreamReader(
        zipped ? new GzipCompressorInputStream(in, true) : in, StandardCharsets.UTF_8);
  }

  /** The lines of a file, one at a time. */
  private static final class Lines implements Iterator<LabelledImage> {

    private final int place;
    private final Table table;
    private final Optional<String> ofFile;
    private final CsvParser parser = parser();
    private long line;
    private String[] next;

    Lines(int place, Table table, InputFiles files) {
      this.place = place;
      this.table = table;
      this.ofFile = Part.wordIn(table.path);
      try {
        Reader reader = reader(files.reopen(table.key));
        TaskContext.get()
            .addTaskCompletionListener(
                (TaskCompletionListener)
                    task -> {
                      parser.stopParsing();
                      files.close();
                    });
        parser.beginParsing(reader);
        if (table.named) {
          advance();
        }
        advance();
      } catch (IOException e) {
        throw unreadable(e);
      }
    }

    private void advance() {
      try {
        do {
          next = parser.parseNext();
          line++;
        } while (next != null && next.length == 1 && next[0] == null);
      } catch (RuntimeException e) {
        throw unreadable(e);
      }
    }

    private DataException unreadable(Exception e) {
      return new DataException(
          Text.format(
              "%s cannot be read after line %d: %s; if it is damaged, get it again",
              table.path, line, StorageFailure.text(e, table.path)),
          e);
    }

    @Override
    public boolean hasNext() {
      return next != null;
    }

    @Override
    public LabelledImage next() {
      if (next == null) {
        throw new NoSuchElementException();
      }
      String[] cells = next;
      String id = Text.format("%s line %d", table.path, line);
      Optional<String> part =
          table.part < 0
              ? ofFile
              : Optional.of(cells.length > table.part ? String.valueOf(cells[table.part]) : "");
      LabelledImage image =
          new LabelledImage((long) place << 40 | line, id, part, label(cells), () -> pixels(cells));
      advance();
      return image;
    }

    private Optional<Label> label(String[] cells) {
      return cells.length <= table.label || cells[table.label] == null
          ? Optional.empty()
          : Optional.of(label(cells[table.label]));
    }

    private static Label label(String text) {
      return isNumber(text) ? RowReader.label(new BigDecimal(text)) : new Label(text, false);
    }

    private DecodedImage pixels(String[] cells) throws UnreadableImageException {
      if (cells.length != table.width) {
        throw new UnreadableImageException(
            Text.format("has %d values, other lines have %d", cells.length, table.width));
      }
      byte[] pixels = new byte[table.width - (table.part < 0 ? 1 : 2)];
      int at = 0;
      for (int i = 0; i < cells.length; i++) {
        if (i != table.label && i != table.part) {
          pixels[at++] = pixel(cells[i], i);
        }
      }
      return ImageColumns.square(pixels);
    }

    private static byte pixel(String text, int column) throws UnreadableImageException {
      try {
        double value = Double.parseDouble(String.valueOf(text));
        if (value >= 0 && value <= 255 && value == Math.rint(value)) {
          return (byte) value;
        }
      } catch (NumberFormatException e) {
        // Told below.
      }
      throw new UnreadableImageException(
          Text.format(
              "has \"%s\" in column %d: pixels are whole numbers, 0 to 255", text, column + 1));
    }
  }
}

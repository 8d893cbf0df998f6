package io.densespark.dataset;

import io.densespark.data.DataException;
import io.densespark.data.DataFormat;
import io.densespark.data.FashionMnist;
import io.densespark.images.BrokenImage;
import io.densespark.images.InputEntries;
import io.densespark.images.LeftOut;
import io.densespark.storage.FolderWalk.Entry;
import io.densespark.storage.InputFile;
import io.densespark.storage.InputFiles;
import io.densespark.storage.StorageFailure;
import io.densespark.text.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The files at {@code data.path}, and what they are.
 *
 * @param place as the settings name it
 */
record FileListing(String place, InputEntries input) {

  private static final Pattern IDX = Pattern.compile(".*idx[13][-.]ubyte(\\.gz)?");

  /** What Spark and Hadoop leave beside data, which nobody misses. */
  private static final Pattern BOOKKEEPING =
      Pattern.compile("(.*/)?(_SUCCESS|_(common_)?metadata|_summary\\.json|\\..*\\.crc)");

  /** Files to read, in the order of their paths' code points, and what is not read. */
  record Taken(List<Entry> files, List<BrokenImage> unusable, List<LeftOut> leftOut) {

    /** The same through another connection. */
    Taken reopened(InputFiles connection) {
      List<Entry> again =
          files.stream()
              .map(entry -> new Entry(entry.path(), connection.reopen(entry.file().key())))
              .toList();
      return new Taken(again, unusable, leftOut);
    }
  }

  /**
   * @throws DataException when there is nothing
   */
  static FileListing of(String place, InputFiles files) {
    InputFile file = files.at(place);
    if (file.kind() == InputFile.Kind.MISSING) {
      throw new DataException(
          Text.format(
              "there is nothing at data.path = %s. A plain path is on fs.defaultFS, file:/… on this machine's disk",
              place));
    }
    return new FileListing(place, InputEntries.of(file, place));
  }

  /** Whether four IDX files may be meant: by names in the folder itself. */
  static boolean isIdx(String place, InputFiles files) {
    InputFile file = files.at(place);
    if (file.kind() == InputFile.Kind.MISSING) {
      return FashionMnist.isEmnist(place);
    }
    return file.kind() == InputFile.Kind.FOLDER
        && children(file, place).stream()
            .anyMatch(child -> IDX.matcher(child.name().toLowerCase(Locale.ROOT)).matches());
  }

  private static List<InputFile> children(InputFile folder, String place) {
    try {
      return folder.children();
    } catch (IOException e) {
      throw new DataException(
          Text.format("data.path = %s cannot be listed: %s", place, StorageFailure.text(e, place)),
          e);
    }
  }

  /**
   * The format of the files.
   *
   * @throws DataException when there is none that is read, or there are several
   */
  DataFormat format() {
    Set<DataFormat> found = EnumSet.noneOf(DataFormat.class);
    Optional<String> arrays = Optional.empty();
    for (Entry entry : input.entries()) {
      if (entry.leftOut().isEmpty() && InputEntries.isData(entry)) {
        of(entry).ifPresent(found::add);
        String ending = InputEntries.ending(entry);
        arrays = ending.matches("npz|npy") ? Optional.of(entry.path()) : arrays;
      }
    }
    if (found.size() > 1) {
      throw new DataException(
          Text.format(
              "%s holds files of several formats, %s: say which are meant with data.format",
              place, found.toString().toLowerCase(Locale.ROOT)));
    }
    if (found.isEmpty()) {
      throw new DataException(
          arrays
              .map(
                  name ->
                      Text.format(
                          "%s: NumPy's arrays are not read. Use the IDX files of the same data set, or write a Parquet file with columns image and label",
                          name))
              .orElse(
                  Text.format(
                      "%s holds no data that is read: four IDX files, Parquet, CSV, or folders of PNG, JPEG, GIF or BMP files",
                      place)));
    }
    return found.iterator().next();
  }

  private static Optional<DataFormat> of(Entry entry) {
    String path = entry.path().toLowerCase(Locale.ROOT);
    if (path.endsWith(".parquet")) {
      return Optional.of(DataFormat.PARQUET);
    }
    if (isCsv(entry)) {
      return Optional.of(DataFormat.CSV);
    }
    return InputEntries.isImage(entry) ? Optional.of(DataFormat.FOLDER) : Optional.empty();
  }

  /** Whether a name is that of a CSV file, plain or gzipped. */
  static boolean isCsv(Entry entry) {
    return entry.path().toLowerCase(Locale.ROOT).matches(".*\\.csv(\\.gz)?");
  }

  /**
   * Takes files.
   *
   * @param noMatch why a file is not taken; empty: it is
   */
  Taken take(Function<Entry, String> noMatch) {
    LeftOut.Collector leftOut = new LeftOut.Collector();
    List<BrokenImage> unusable = new ArrayList<>();
    List<Entry> taken = new ArrayList<>();
    for (Entry entry : input.entries()) {
      String reason = entry.leftOut().orElseGet(() -> noMatch.apply(entry));
      if (entry.denied()) {
        unusable.add(new BrokenImage(entry.path(), reason));
      } else if (reason.isEmpty()) {
        taken.add(entry);
      } else if (!BOOKKEEPING.matcher(entry.path()).matches()) {
        leftOut.add(entry.path(), reason);
      }
    }
    taken.sort(Comparator.comparing(Entry::path, Classes::compareCodePoints));
    return new Taken(taken, unusable, leftOut.list());
  }

  /** Where the files are, for people. */
  String uri() {
    return input.file().uri();
  }
}

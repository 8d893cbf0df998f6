package io.densespark.dataset;

import io.densespark.data.DataConfig;
import io.densespark.data.DataException;
import io.densespark.data.DataFormat;
import io.densespark.data.OnError;
import io.densespark.dataset.LabelledImage.Label;
import io.densespark.images.BrokenImage;
import io.densespark.images.DamagedFile;
import io.densespark.random.KeyedRandom;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Turns rows into a data set. Executors look at every row once; what they tell of it, a few bytes,
 * is put in order and divided here.
 *
 * <p>Examples that no part claims are training examples where others are test examples; else {@code
 * data.test-fraction} of them are. What is chosen, there and by the limits, is chosen by a hash of
 * the example: another example more or less moves no other one.
 */
final class RowDataset {

  private final LabelledRows rows;
  private final DataConfig config;
  private final List<RowsLook> looks;

  /** Rows in the order of examples: of each, its partition and its row there. */
  private final int[] partitionOf;

  private final int[] rowOf;

  private RowDataset(LabelledRows rows, DataConfig config) {
    this.rows = rows;
    this.config = config;
    this.looks = looks(rows);
    int all = Math.toIntExact(looks.stream().mapToLong(look -> look.rows).sum());
    int[] partitions = new int[all];
    int[] within = new int[all];
    long[] keys = new long[all];
    int at = 0;
    for (int p = 0; p < looks.size(); p++) {
      RowsLook look = looks.get(p);
      for (int row = 0; row < look.rows; row++, at++) {
        partitions[at] = p;
        within[at] = row;
        keys[at] = look.keys[row];
      }
    }
    int[] order =
        IntStream.range(0, all)
            .filter(i -> looks.get(partitions[i]).parts[within[i]] != RowsLook.BROKEN)
            .boxed()
            .sorted(Comparator.comparingLong(i -> keys[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    this.partitionOf = IntStream.of(order).map(i -> partitions[i]).toArray();
    this.rowOf = IntStream.of(order).map(i -> within[i]).toArray();
  }

  /**
   * Looks at the rows and makes the data set.
   *
   * @param format for people
   * @throws DataException when an example cannot be used and {@code data.on-error} is {@code fail},
   *     or there are none
   */
  static ImageDataset of(LabelledRows rows, DataFormat format, DataConfig config) {
    return new RowDataset(rows, config).dataset(format);
  }

  private static List<RowsLook> looks(LabelledRows rows) {
    boolean keyed = rows.keyed();
    try {
      return rows.images()
          .mapPartitions(images -> List.of(RowsLook.at(images, keyed)).iterator())
          .collect();
    } catch (Exception e) {
      Optional<BrokenImage> damaged = DamagedFile.in(e);
      if (damaged.isPresent()) {
        throw refusal(damaged.get(), 1);
      }
      throw e;
    }
  }

  private ImageDataset dataset(DataFormat format) {
    List<BrokenImage> broken = broken();
    long brokenRows = rows.unusable().size();
    for (RowsLook look : looks) {
      brokenRows += look.brokenRows;
    }
    if (!broken.isEmpty() && (config.onError() == OnError.FAIL || partitionOf.length == 0)) {
      throw refusal(broken.get(0), brokenRows);
    }
    if (partitionOf.length == 0) {
      throw new DataException(
          Text.format("there are no images at %s: check data.path", rows.place()));
    }
    Classes classes = classes();
    int[] labels = new int[partitionOf.length];
    Part[] parts = new Part[partitionOf.length];
    boolean hasTest = looks.stream().anyMatch(RowDataset::hasTest);
    for (int i = 0; i < parts.length; i++) {
      RowsLook look = looks.get(partitionOf[i]);
      int row = rowOf[i];
      labels[i] = classes.index().get(look.labels[look.labelOf[row]]);
      byte part = look.parts[row];
      parts[i] =
          part >= 0
              ? Part.values()[part]
              : !hasTest && share(look.digests[row]) < config.testFraction()
                  ? Part.TEST
                  : Part.TRAIN;
    }
    int channels =
        config
            .channels()
            .orElseGet(() -> looks.stream().mapToInt(look -> look.channels).max().orElse(1));
    int[] train = limited(examples(parts, Part.TRAIN), config.trainLimit(), "data.train-limit");
    int[] test = limited(examples(parts, Part.TEST), config.testLimit(), "data.test-limit");
    int[] validation = examples(parts, Part.VALIDATION);
    if (config.validation() > 0) {
      if (validation.length > 0) {
        throw new DataException(
            Text.format(
                "the data says itself which %d images are for validation: set data.validation = 0",
                validation.length));
      }
      if (config.validation() >= train.length) {
        throw new DataException(
            Text.format(
                "data.validation is %d, but there are %d training images; set it to 0 to %d",
                config.validation(), train.length, train.length - 1));
      }
      validation = chosen(train, config.validation());
      train = without(train, validation);
    }
    if (train.length == 0) {
      throw new DataException(
          Text.format("%s holds no training images: check how it is divided", rows.place()));
    }
    String sha256 = fingerprint();
    return new ImageDataset(
        format,
        rows.place(),
        part(train, labels, channels),
        validation.length == 0 ? Optional.empty() : Optional.of(part(validation, labels, channels)),
        test.length == 0 ? Optional.empty() : Optional.of(part(test, labels, channels)),
        classes.names(),
        sha256,
        Map.of(rows.place(), sha256),
        broken,
        brokenRows,
        rows.leftOut());
  }

  /** Part by part, so that it does not matter which part's files have the first names. */
  private String fingerprint() {
    Fingerprint fingerprint = new Fingerprint();
    for (byte part = RowsLook.NO_PART; part <= Part.TEST.ordinal(); part++) {
      for (int i = 0; i < rowOf.length; i++) {
        RowsLook look = looks.get(partitionOf[i]);
        if (look.parts[rowOf[i]] == part) {
          fingerprint.add(look.digests[rowOf[i]], part);
        }
      }
    }
    return fingerprint.sha256();
  }

  private static DataException refusal(BrokenImage first, long count) {
    return new DataException(
        Text.format(
            "%s %s%s; repair or remove it, or set data.on-error = skip",
            first.id(),
            first.reason(),
            count > 1 ? Text.format(", and %,d others cannot be used", count - 1) : ""));
  }

  /** Files first, then rows in the order of their partitions' first ones. */
  private List<BrokenImage> broken() {
    List<BrokenImage> broken = new ArrayList<>(rows.unusable());
    looks.stream()
        .filter(look -> look.brokenRows > 0)
        .sorted(Comparator.comparingLong(look -> look.firstBrokenKey))
        .forEach(look -> broken.addAll(look.named()));
    return broken;
  }

  private static boolean hasTest(RowsLook look) {
    for (byte part : look.parts) {
      if (part == Part.TEST.ordinal()) {
        return true;
      }
    }
    return false;
  }

  private Classes classes() {
    Set<Label> labels = new LinkedHashSet<>();
    for (RowsLook look : looks) {
      for (int i = 0; i < look.labels.length; i++) {
        labels.add(new Label(look.labels[i], look.numbers[i]));
      }
    }
    return Classes.of(labels, config.classNames());
  }

  /** Uniform in [0, 1), by the example alone. */
  private double share(long digest) {
    return (KeyedRandom.mix(digest ^ KeyedRandom.mix(config.splitSeed())) >>> 11) * 0x1p-53;
  }

  private static int[] examples(Part[] parts, Part part) {
    return IntStream.range(0, parts.length).filter(i -> parts[i] == part).toArray();
  }

  private int[] limited(int[] examples, OptionalInt limit, String setting) {
    if (limit.isEmpty()) {
      return examples;
    }
    if (limit.getAsInt() > examples.length) {
      throw new DataException(
          Text.format(
              "%s is %d, but %s holds %d images; set it to 1 to %d or leave it out",
              setting, limit.getAsInt(), rows.place(), examples.length, examples.length));
    }
    return chosen(examples, limit.getAsInt());
  }

  /** So many of the examples, by their hashes, in their order. */
  private int[] chosen(int[] examples, int count) {
    return IntStream.of(examples)
        .boxed()
        .sorted(Comparator.comparingLong(this::hash))
        .limit(count)
        .sorted()
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private long hash(int example) {
    return KeyedRandom.mix(looks.get(partitionOf[example]).digests[rowOf[example]]);
  }

  private static int[] without(int[] examples, int[] taken) {
    return IntStream.of(examples)
        .filter(example -> Arrays.binarySearch(taken, example) < 0)
        .toArray();
  }

  private Examples part(int[] chosen, int[] labels, int channels) {
    List<int[]> examples = new ArrayList<>();
    List<int[]> labelsOf = new ArrayList<>();
    for (RowsLook look : looks) {
      int[] none = new int[look.rows];
      Arrays.fill(none, -1);
      examples.add(none);
      labelsOf.add(new int[look.rows]);
    }
    Fingerprint sha256 = new Fingerprint();
    for (int i = 0; i < chosen.length; i++) {
      int p = partitionOf[chosen[i]];
      int row = rowOf[chosen[i]];
      examples.get(p)[row] = i;
      labelsOf.get(p)[row] = labels[chosen[i]];
      sha256.add(looks.get(p).digests[row], (byte) 0);
    }
    return new RowExamples(
        rows.images(), examples, labelsOf, chosen.length, channels, sha256.sha256());
  }
}

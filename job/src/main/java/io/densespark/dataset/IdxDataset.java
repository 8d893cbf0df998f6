package io.densespark.dataset;

import io.densespark.data.DataConfig;
import io.densespark.data.DataException;
import io.densespark.data.DataFormat;
import io.densespark.data.FashionMnist;
import io.densespark.data.ImageSet;
import io.densespark.data.LabelledImages;
import io.densespark.dataset.LabelledImage.Label;
import io.densespark.images.DecodedImage;
import io.densespark.text.Text;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.apache.commons.codec.digest.DigestUtils;

/** The four IDX files as a data set, held by the driver. */
final class IdxDataset {

  private IdxDataset() {}

  /**
   * @throws DataException when the settings ask for more images than there are, or their names of
   *     classes do not fit the labels
   */
  static ImageDataset of(LabelledImages files, DataConfig config) {
    Classes classes = classes(files, config);
    ImageSet train = prepared(files.train(), classes, config.channels());
    ImageSet test = prepared(files.test(), classes, config.channels());
    String place = files.directory();
    ImageSet used = limit(train, config.trainLimit(), "data.train-limit", place);
    int left = left(used, config.validation(), place);
    Map<String, String> checksums = new TreeMap<>();
    files.files().forEach(file -> checksums.put(file.uri(), file.contentSha256()));
    return new ImageDataset(
        DataFormat.IDX,
        place,
        new HeldExamples(used.first(left)),
        left == used.size()
            ? Optional.empty()
            : Optional.of(new HeldExamples(used.range(left, used.size()))),
        Optional.of(new HeldExamples(limit(test, config.testLimit(), "data.test-limit", place))),
        classes.names(),
        fingerprint(files),
        checksums,
        List.of(),
        0,
        List.of());
  }

  private static Classes classes(LabelledImages files, DataConfig config) {
    Set<Label> labels = new LinkedHashSet<>();
    for (ImageSet images : List.of(files.train(), files.test())) {
      for (byte label : images.labels()) {
        labels.add(label(label));
      }
    }
    boolean gap =
        labels.stream().noneMatch(label -> label.text().equals(Integer.toString(labels.size() - 1)))
            || labels.stream().anyMatch(label -> Integer.parseInt(label.text()) > labels.size());
    if (config.classNames().isEmpty() && gap) {
      throw new DataException(
          Text.format(
              "%s has the labels %s: expected 0 or 1 to some number with none left out; repair the file, or set data.class-names to a name for each number",
              files.directory(),
              labels.stream().map(label -> Integer.valueOf(label.text())).sorted().toList()));
    }
    boolean published = config.classNames().isEmpty() && files.isFashionMnist();
    return Classes.of(labels, published ? FashionMnist.CLASS_NAMES : config.classNames());
  }

  private static Label label(byte label) {
    return new Label(Integer.toString(Byte.toUnsignedInt(label)), true);
  }

  /** With class indexes for labels, and of as many channels as the settings say. */
  private static ImageSet prepared(ImageSet images, Classes classes, OptionalInt channels) {
    byte[] index = new byte[256];
    for (int label = 0; label < index.length; label++) {
      index[label] = classes.index().getOrDefault(Integer.toString(label), 0).byteValue();
    }
    byte[] labels = images.labels().clone();
    for (int i = 0; i < labels.length; i++) {
      labels[i] = index[Byte.toUnsignedInt(labels[i])];
    }
    int copies = channels.orElse(1);
    byte[] pixels = images.pixels();
    if (copies > 1) {
      int plane = images.imageBytes();
      pixels = new byte[Math.multiplyExact(copies, pixels.length)];
      for (int to = 0; to < pixels.length; to += plane) {
        System.arraycopy(images.pixels(), to / plane / copies * plane, pixels, to, plane);
      }
    }
    return new ImageSet(copies, images.height(), images.width(), pixels, labels);
  }

  private static ImageSet limit(ImageSet images, OptionalInt limit, String setting, String place) {
    if (limit.isEmpty()) {
      return images;
    }
    if (limit.getAsInt() > images.size()) {
      throw new DataException(
          Text.format(
              "%s is %d, but %s holds %d images; set it to 1 to %d or leave it out",
              setting, limit.getAsInt(), place, images.size(), images.size()));
    }
    return images.first(limit.getAsInt());
  }

  /**
   * Images to train on. Those held out are the last ones whatever the seed, so that runs of several
   * seeds are measured on the same; the published files are in random order.
   */
  private static int left(ImageSet train, int validation, String place) {
    if (validation >= train.size()) {
      throw new DataException(
          Text.format(
              "data.validation is %d, but %s holds %d training images; set it to 0 to %d",
              validation, place, train.size(), train.size() - 1));
    }
    return train.size() - validation;
  }

  private static String fingerprint(LabelledImages files) {
    Fingerprint fingerprint = new Fingerprint();
    MessageDigest sha256 = DigestUtils.getSha256Digest();
    for (Part part : List.of(Part.TRAIN, Part.TEST)) {
      ImageSet images = part == Part.TRAIN ? files.train() : files.test();
      for (int i = 0; i < images.size(); i++) {
        int from = i * images.imageBytes();
        DecodedImage image =
            new DecodedImage(
                1,
                images.height(),
                images.width(),
                Arrays.copyOfRange(images.pixels(), from, from + images.imageBytes()));
        long digest = RowsLook.digest(sha256, image, label(images.labels()[i]).text());
        fingerprint.add(digest, (byte) part.ordinal());
      }
    }
    return fingerprint.sha256();
  }
}

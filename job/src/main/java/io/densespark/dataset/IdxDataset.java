package io.densespark.dataset;

import io.densespark.data.DataConfig;
import io.densespark.data.DataException;
import io.densespark.data.DataFormat;
import io.densespark.data.FashionMnist;
import io.densespark.data.IdxImages;
import io.densespark.data.IdxPart;
import io.densespark.data.LabelledFiles;
import io.densespark.dataset.LabelledImage.Label;
import io.densespark.images.DecodedImage;
import io.densespark.storage.InputFiles;
import io.densespark.text.Text;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The four IDX files as a data set. The driver looks at each image once, for the checksums; it
 * keeps the labels.
 */
final class IdxDataset {

  private final DataConfig config;
  private final int channels;
  private final Fingerprint fingerprint = new Fingerprint();
  private final MessageDigest ofExample = DigestUtils.getSha256Digest();

  /** Training images, those held out where there are some, and test images. */
  private final List<Section> sections = new ArrayList<>();

  /** Consecutive examples of a file, and the checksum over their shape and pixels so far. */
  private record Section(IdxPart part, int from, int to, MessageDigest sha256) {}

  private IdxDataset(DataConfig config) {
    this.config = config;
    this.channels = config.channels().orElse(1);
  }

  /**
   * @throws DataException when the files are not there or damaged, the settings ask for more images
   *     than there are, or their names of classes do not fit the labels
   */
  static ImageDataset of(DataConfig config, InputFiles files) {
    return new IdxDataset(config).read(files);
  }

  private ImageDataset read(InputFiles files) {
    LabelledFiles found =
        new FashionMnist(files::read).load(config, this::lookAtTraining, this::lookAtTest);
    Classes classes = classes(found);
    List<Examples> examples =
        sections.stream().map(section -> examples(section, classes, files)).toList();
    Map<String, String> checksums = new TreeMap<>();
    found.files().forEach(file -> checksums.put(file.uri(), file.contentSha256()));
    int last = examples.size() - 1;
    return new ImageDataset(
        DataFormat.IDX,
        found.directory(),
        examples.get(0),
        last == 1 ? Optional.empty() : Optional.of(examples.get(1)),
        Optional.of(examples.get(last)),
        classes.names(),
        fingerprint.sha256(),
        checksums,
        List.of(),
        0,
        List.of());
  }

  /**
   * Those held out are the last ones whatever the seed, so that runs of several seeds are measured
   * on the same; the published files are in random order.
   */
  private void lookAtTraining(IdxImages images) {
    int used = limit(images.part(), config.trainLimit(), "data.train-limit");
    if (config.validation() >= used) {
      throw new DataException(
          Text.format(
              "data.validation is %d, but %s holds %d training images; set it to 0 to %d",
              config.validation(), images.part().uri(), used, used - 1));
    }
    int left = used - config.validation();
    section(images.part(), 0, left);
    if (left < used) {
      section(images.part(), left, used);
    }
    look(images, Part.TRAIN);
  }

  private void lookAtTest(IdxImages images) {
    section(images.part(), 0, limit(images.part(), config.testLimit(), "data.test-limit"));
    look(images, Part.TEST);
  }

  private static int limit(IdxPart part, OptionalInt limit, String setting) {
    if (limit.orElse(0) > part.size()) {
      throw new DataException(
          Text.format(
              "%s is %d, but %s holds %d images; set it to 1 to %d or leave it out",
              setting, limit.getAsInt(), part.uri(), part.size(), part.size()));
    }
    return limit.orElse(part.size());
  }

  private void section(IdxPart part, int from, int to) {
    MessageDigest sha256 = DigestUtils.getSha256Digest();
    sha256.update(
        ByteBuffer.allocate(4 * Integer.BYTES)
            .putInt(to - from)
            .putInt(channels)
            .putInt(part.height())
            .putInt(part.width())
            .array());
    sections.add(new Section(part, from, to, sha256));
  }

  private void look(IdxImages images, Part part) {
    IdxPart file = images.part();
    for (int i = 0; i < file.size(); i++) {
      byte[] pixels = images.next();
      DecodedImage image = new DecodedImage(1, file.height(), file.width(), pixels);
      fingerprint.add(
          RowsLook.digest(ofExample, image, label(file.labels()[i]).text()), (byte) part.ordinal());
      for (Section section : sections) {
        if (section.part() == file && i >= section.from() && i < section.to()) {
          for (int channel = 0; channel < channels; channel++) {
            section.sha256().update(pixels);
          }
        }
      }
    }
  }

  private Classes classes(LabelledFiles files) {
    Set<Label> labels = new LinkedHashSet<>();
    for (IdxPart part : List.of(files.train(), files.test())) {
      for (byte label : part.labels()) {
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

  private Examples examples(Section section, Classes classes, InputFiles files) {
    int[] classOf = new int[256];
    for (int label = 0; label < classOf.length; label++) {
      classOf[label] = classes.index().getOrDefault(Integer.toString(label), 0);
    }
    byte[] labels = new byte[section.to() - section.from()];
    for (int i = 0; i < labels.length; i++) {
      int label = Byte.toUnsignedInt(section.part().labels()[section.from() + i]);
      labels[i] = (byte) classOf[label];
    }
    return new IdxExamples(
        files.at(section.part().uri()),
        section.part(),
        classOf,
        section.from(),
        section.to(),
        channels,
        Hex.encodeHexString(section.sha256().digest(labels)));
  }
}

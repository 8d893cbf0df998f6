package io.densespark.data;

import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The four files of Fashion-MNIST (Xiao, Rasul, Vollgraf 2017) with their checksums.
 *
 * <p>The MD5 sums are the publisher's and hold for the publisher's {@code .gz} archives only: a
 * distributor that compresses again, as Debian does, ships the same content with other sums. So
 * downloads are checked by MD5 and everything that is read by the SHA-256 of its content. The two
 * are tied together: a {@code .gz} with Debian's deflate stream and the header that {@code gzip}
 * writes for the file's name and the publisher's modification time has the published MD5.
 */
public enum PublishedFile {
  TRAIN_IMAGES(
      "train-images-idx3-ubyte",
      "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
      "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
  TRAIN_LABELS(
      "train-labels-idx1-ubyte",
      "25c81989df183df01b3e8a0aad5dffbe",
      "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
  TEST_IMAGES(
      "t10k-images-idx3-ubyte",
      "bef4ecab320f06d8554ea6380940ec79",
      "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
  TEST_LABELS(
      "t10k-labels-idx1-ubyte",
      "bb300cfdad3c16e7a12a480ee83cd310",
      "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34");

  private final String fileName;
  private final String archiveMd5;
  private final String contentSha256;

  PublishedFile(String fileName, String archiveMd5, String contentSha256) {
    this.fileName = fileName;
    this.archiveMd5 = archiveMd5;
    this.contentSha256 = contentSha256;
  }

  /** Name of the uncompressed file. */
  public String fileName() {
    return fileName;
  }

  /** Name of the file as published, compressed. */
  public String archiveName() {
    return fileName + ".gz";
  }

  /**
   * Names under which MNIST and its relatives have this file: with a dot for the dash, and in
   * EMNIST {@code test} for {@code t10k}; compressed ones first.
   */
  List<String> names() {
    List<String> names = new ArrayList<>();
    for (String name : List.of(fileName, fileName.replace("t10k", "test"))) {
      for (String written : List.of(name, name.replace("-idx", ".idx"))) {
        names.add(written + ".gz");
        names.add(written);
      }
    }
    return names.stream().distinct().toList();
  }

  /** The publisher's MD5 of the archive, lower-case hexadecimal. */
  public String archiveMd5() {
    return archiveMd5;
  }

  /** SHA-256 of the uncompressed content, lower-case hexadecimal. */
  public String contentSha256() {
    return contentSha256;
  }

  /** What is wrong with a file that should hold this content; empty: it does. */
  Optional<String> mismatch(DataFile file) {
    return contentSha256.equals(file.contentSha256())
        ? Optional.empty()
        : Optional.of(
            Text.format(
                "%s is not the published %s: the SHA-256 of its content is %s, expected %s",
                file.uri(), fileName, file.contentSha256(), contentSha256));
  }
}

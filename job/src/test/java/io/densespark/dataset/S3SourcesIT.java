package io.densespark.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.data.DataFormat;
import io.densespark.data.IdxFiles;
import io.densespark.data.ImageSet;
import io.densespark.images.ImageFiles;
import io.densespark.job.SmallJobs;
import io.densespark.storage.Store;
import io.densespark.storage.StoreServices;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data on S3, under names with colons and blanks, is what it is on disk. */
class S3SourcesIT {

  private static final String FOLDER = "my data: 1";
  private static final int IMAGES = 40;

  private static SparkSession spark;
  private static JavaSparkContext context;

  @TempDir java.nio.file.Path folder;

  @BeforeAll
  static void start() throws Exception {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("sources on S3")
            .config("spark.ui.enabled", "false")
            .getOrCreate();
    context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    try (Store store = StoreServices.freshS3Store()) {
      store.checkWritable();
    }
    StoreServices.configureS3(context.hadoopConfiguration());
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void idxFiles() throws IOException {
    assertSameOnS3(DataFormat.IDX, data -> IdxFiles.write(data, images(), images()));
  }

  @Test
  void foldersOfClasses() throws IOException {
    assertSameOnS3(
        DataFormat.FOLDER,
        data -> {
          ImageSet images = images();
          for (int i = 0; i < IMAGES; i++) {
            java.nio.file.Path of = data.resolve((i < 20 ? "train" : "test") + "/kind: " + i % 2);
            Files.createDirectories(of);
            Files.write(of.resolve("a: " + i + " b.png"), png(images, i));
          }
        });
  }

  private interface Writer {
    void write(java.nio.file.Path data) throws IOException;
  }

  private static ImageSet images() {
    return IdxFiles.train(SmallJobs.IMAGES.toString()).first(IMAGES);
  }

  private static byte[] png(ImageSet images, int index) throws IOException {
    return ImageFiles.greyPng(
        images.pixels(), index * images.imageBytes(), images.height(), images.width());
  }

  private void assertSameOnS3(DataFormat format, Writer writer, String... settings)
      throws IOException {
    java.nio.file.Path local = folder.resolve(FOLDER);
    writer.write(local);
    String remote = StoreServices.freshS3Uri() + "/" + FOLDER;
    try (FileSystem files =
        FileSystem.newInstance(new Path(remote).toUri(), context.hadoopConfiguration())) {
      try (var tree = Files.walk(local)) {
        for (java.nio.file.Path file : tree.filter(Files::isRegularFile).toList()) {
          try (var out = files.create(new Path(remote + "/" + local.relativize(file)))) {
            Files.copy(file, out);
          }
        }
      }
    }

    ImageDataset expected = read(local.toString(), settings);
    ImageDataset found = read(remote, settings);

    assertThat(found.format()).isEqualTo(format).isEqualTo(expected.format());
    assertThat(found.fingerprint()).isEqualTo(expected.fingerprint());
    assertThat(found.classNames()).isEqualTo(expected.classNames());
    assertThat(placed(found.train())).isEqualTo(placed(expected.train())).isNotEmpty();
  }

  private static ImageDataset read(String place, String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.addAll(List.of("data.path=" + place, "data.verify-checksums=false"));
    return Reading.dataset(context, all.toArray(String[]::new));
  }

  private static List<String> placed(Examples examples) {
    return Reading.placed(context, examples);
  }
}

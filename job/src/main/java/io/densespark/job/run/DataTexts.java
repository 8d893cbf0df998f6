package io.densespark.job.run;

import io.densespark.dataset.Examples;
import io.densespark.dataset.ImageDataset;
import io.densespark.images.BrokenImage;
import io.densespark.images.LeftOut;
import io.densespark.job.JobException;
import io.densespark.job.RunDisplay;
import io.densespark.metrics.DataNote;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.settings.CanonicalText;
import io.densespark.storage.Content;
import io.densespark.storage.Json;
import io.densespark.text.Text;
import java.util.List;

/** What is said of a run's data, and of what in it cannot be used. */
final class DataTexts {

  /** What {@code data.json} holds. */
  private record NotUsed(long skippedImages, List<BrokenImage> skipped, List<LeftOut> leftOut) {}

  private static final int NAMED = 5;

  private DataTexts() {}

  /** For the provenance. */
  static DataNote note(ImageDataset images) {
    return new DataNote(
        CanonicalText.of(images.format()),
        images.place(),
        images.fingerprint(),
        images.train().size(),
        images.validation().map(Examples::size).orElse(0),
        images.test().map(Examples::size).orElse(0),
        images.classNames(),
        images.skippedImages());
  }

  /**
   * Refuses to go on with a run on other data.
   *
   * @throws JobException where the data is not what the run began with
   */
  static void requireSame(ImageDataset images, RunDirectory directory) {
    directory
        .readProvenance()
        .map(Provenance::images)
        .filter(before -> !before.fingerprint().equals(images.fingerprint()))
        .ifPresent(
            before -> {
              throw JobException.usage(
                  Text.format(
                      "the run %s began with other data, of SHA-256 %s, not %s: put the data back, choose another --run-id, or start over with --fresh",
                      directory.runId(), before.fingerprint(), images.fingerprint()));
            });
  }

  /** Names what cannot be used in {@code data.json}. */
  static void write(ImageDataset images, RunDirectory directory) {
    if (images.skippedImages() > 0 || !images.leftOut().isEmpty()) {
      NotUsed notUsed = new NotUsed(images.skippedImages(), images.skipped(), images.leftOut());
      directory.store().replace(directory.leftOut(), Content.of(Json.document(notUsed)));
    }
  }

  static void show(ImageDataset images, RunDisplay display) {
    for (LeftOut left : images.leftOut()) {
      display.warning(
          Text.format(
              "%,d files left out, %s: %s%s",
              left.files(),
              left.reason(),
              String.join(", ", left.names().subList(0, (int) Math.min(NAMED, left.files()))),
              left.files() > NAMED ? ", …" : ""));
    }
    if (images.skippedImages() > 0) {
      display.warning(
          Text.format(
              "%,d images cannot be used and are left out (data.on-error = skip)",
              images.skippedImages()));
      for (BrokenImage broken : images.skipped().stream().limit(NAMED).toList()) {
        display.warning(Text.format("  %s %s", broken.id(), broken.reason()));
      }
      if (images.skippedImages() > NAMED) {
        display.warning("  … more in data.json");
      }
    }
  }
}

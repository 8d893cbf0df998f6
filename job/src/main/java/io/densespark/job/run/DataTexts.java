package io.densespark.job.run;

import io.densespark.dataset.ImageDataset;
import io.densespark.images.BrokenImage;
import io.densespark.images.LeftOut;
import io.densespark.job.RunDisplay;
import io.densespark.text.Text;

/** What people are told of the data that a run cannot use. */
final class DataTexts {

  private static final int NAMED = 5;

  private DataTexts() {}

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

package io.densespark.report;

import io.densespark.metrics.MistakeRecord;
import io.densespark.text.Figures;
import io.densespark.text.Text;
import java.util.List;

/**
 * Pictures of what the model was surest of and wrong about, as the template shows them.
 *
 * @param epoch the epoch after which it was evaluated
 */
record MistakeStrip(int epoch, List<Picture> pictures) {

  /**
   * A test image.
   *
   * @param png in base 64
   * @param alternative what it shows, in words
   * @param tip the same with all figures
   */
  record Picture(
      String png, String label, String predicted, String share, String alternative, String tip) {}

  /** Null where there are none. */
  static MistakeStrip of(List<MistakeRecord> mistakes) {
    if (mistakes.isEmpty()) {
      return null;
    }
    return new MistakeStrip(
        mistakes.get(0).epoch(), mistakes.stream().map(MistakeStrip::picture).toList());
  }

  private static Picture picture(MistakeRecord mistake) {
    String share = Figures.percent(mistake.probability());
    return new Picture(
        mistake.png(),
        mistake.label(),
        mistake.predicted(),
        share,
        Text.format("%s taken for %s", mistake.label(), mistake.predicted()),
        Text.format(
            "test image %d: %s %s, %s %s",
            mistake.image(),
            mistake.predicted(),
            share,
            mistake.label(),
            Figures.percent(mistake.labelProbability())));
  }
}

package io.densespark.cli;

import io.densespark.text.Figures;
import io.densespark.text.Text;
import java.util.OptionalDouble;

/**
 * How far a run is.
 *
 * @param epoch the epoch in work, from 1
 * @param epochs epochs of the run
 * @param step steps done
 * @param totalSteps steps of the run
 * @param loss of the last step
 * @param imagesPerSecond recent speed
 * @param secondsLeft estimate; empty: too early to say
 */
record ProgressLine(
    int epoch,
    long epochs,
    long step,
    long totalSteps,
    double loss,
    double imagesPerSecond,
    OptionalDouble secondsLeft) {

  private static final int BAR_CELLS = 28;
  private static final int LEAST_BAR_CELLS = 6;

  /** All of it in words. */
  String plain() {
    return Text.format(
        "epoch %d/%d  step %s/%s  loss %s  %s images/s%s",
        epoch,
        epochs,
        Figures.count(step),
        Figures.count(totalSteps),
        Figures.fraction(loss),
        Figures.count(imagesPerSecond),
        secondsLeft.isPresent() ? "  " + Amounts.clock(secondsLeft.getAsDouble()) + " left" : "");
  }

  /** The same behind a bar, which takes what width is left. */
  String withBar(Screen screen) {
    String words = plain();
    int cells = Math.min(BAR_CELLS, screen.columns() - words.length() - 8);
    if (cells < LEAST_BAR_CELLS) {
      return words;
    }
    double share = totalSteps == 0 ? 0 : (double) step / totalSteps;
    return Text.format(
        "%s %3d%%  %s", screen.style().bar(share, cells), (int) (100 * share), words);
  }
}

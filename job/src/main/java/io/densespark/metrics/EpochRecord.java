package io.densespark.metrics;

import java.util.List;

/**
 * Figures of one epoch.
 *
 * @param epoch from 1
 * @param steps global steps done at its end
 * @param trainLoss mean over the epoch's steps
 * @param testLoss null if the test images were not looked at
 * @param testAccuracy 0 to 1; null if the test images were not looked at
 * @param validationLoss on the training images held out; null if there are none
 * @param validationAccuracy 0 to 1, likewise
 * @param imagesPerSecond of training, without evaluation
 * @param seconds wall time of training, without evaluation
 * @param learningRate of the last step
 * @param perClass one entry a class, in label order; empty if not evaluated. On the test images
 *     where they were looked at, else on those held out
 * @param confusion counts, a row per true class, a column per predicted class; empty if not
 *     evaluated; on the same images
 */
public record EpochRecord(
    int epoch,
    long steps,
    double trainLoss,
    Double testLoss,
    Double testAccuracy,
    Double validationLoss,
    Double validationAccuracy,
    double imagesPerSecond,
    double seconds,
    double learningRate,
    List<ClassRecord> perClass,
    List<List<Long>> confusion) {

  /**
   * Quality on one class.
   *
   * @param label its name
   * @param precision of the images predicted to be this, the share that are; NaN if none was
   *     predicted
   * @param recall of the images that are this, the share predicted to be; NaN if there is none
   */
  public record ClassRecord(String label, double precision, double recall) {}

  /** What epochs are chosen by: the accuracy on the images held out, else on the test images. */
  public Double selectionAccuracy() {
    return validationAccuracy == null ? testAccuracy : validationAccuracy;
  }

  public EpochRecord {
    perClass = List.copyOf(perClass);
    confusion = confusion.stream().map(List::copyOf).toList();
  }
}

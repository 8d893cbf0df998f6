package io.densespark.job.run;

import io.densespark.data.FashionMnist;
import io.densespark.evaluation.EvaluationResult;
import io.densespark.job.RunDisplay;
import io.densespark.metrics.EpochRecord;
import java.util.ArrayList;
import java.util.List;

/** What is written and shown of an epoch. */
final class EpochRecords {

  private EpochRecords() {}

  /**
   * @param epoch counted from 1
   * @param step steps taken since the run began
   */
  static EpochRecord of(int epoch, long step, Training.Epoch trained, EvaluationResult test) {
    List<EpochRecord.ClassRecord> classes = new ArrayList<>();
    for (int c = 0; c < test.precision().size(); c++) {
      classes.add(
          new EpochRecord.ClassRecord(
              FashionMnist.className(c), test.precision().get(c), test.recall().get(c)));
    }
    double rate =
        trained.steps().isEmpty()
            ? Double.NaN
            : trained.steps().get(trained.steps().size() - 1).learningRate();
    return new EpochRecord(
        epoch,
        step,
        trained.loss(),
        test.loss(),
        test.accuracy(),
        trained.imagesPerSecond(),
        trained.seconds(),
        rate,
        classes,
        test.confusion());
  }

  static RunDisplay.EpochSummary summary(EpochRecord record) {
    return new RunDisplay.EpochSummary(
        record.epoch(),
        record.trainLoss(),
        record.testLoss(),
        record.testAccuracy(),
        record.imagesPerSecond(),
        record.seconds());
  }
}

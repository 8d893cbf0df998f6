package io.densespark.job.run;

import io.densespark.data.FashionMnist;
import io.densespark.evaluation.EvaluationResult;
import io.densespark.evaluation.ExampleResults;
import io.densespark.metrics.EpochRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The epochs of a run:
 *
 * <pre>
 *   for each epoch { train the replicas; evaluate on the cluster; tell the listeners }
 * </pre>
 *
 * <p>Whatever else a run does of its epochs and steps is a listener's: they are told in their
 * order, each step once, while it runs, and each epoch once, at its end.
 *
 * @param cancellation ends the run between two of Spark's jobs as well as within one
 */
record TrainingLoop(
    Trainer trainer, TestSet test, List<RunListener> listeners, Cancellation cancellation) {

  /** Trains until so many epochs are done, those before a resume included. */
  void run(int epochs) {
    for (int epoch = trainer.graph().getEpochCount() + 1; epoch <= epochs; epoch++) {
      cancellation.check();
      Trainer.Epoch trained = trainer.trainEpoch();
      tell(listener -> listener.onTrained(trained));
      cancellation.check();
      ExampleResults tested = test.evaluate(trainer.graph());
      EpochRecord record =
          record(epoch, trainer.graph().getIterationCount(), trained, tested.result());
      RunListener.EpochEnd end =
          new RunListener.EpochEnd(record, tested.result(), test.mistakes(epoch, tested), trainer);
      tell(listener -> listener.onEpoch(end));
    }
    cancellation.check();
  }

  private void tell(Consumer<RunListener> what) {
    listeners.forEach(what);
  }

  /**
   * @param steps steps taken since the run began
   */
  private static EpochRecord record(
      int epoch, long steps, Trainer.Epoch trained, EvaluationResult tested) {
    List<EpochRecord.ClassRecord> classes = new ArrayList<>();
    for (int c = 0; c < tested.precision().size(); c++) {
      classes.add(
          new EpochRecord.ClassRecord(
              FashionMnist.className(c), tested.precision().get(c), tested.recall().get(c)));
    }
    return new EpochRecord(
        epoch,
        steps,
        trained.loss(),
        tested.loss(),
        tested.accuracy(),
        trained.images() / trained.seconds(),
        trained.seconds(),
        trained.learningRate(),
        classes,
        tested.confusion());
  }
}

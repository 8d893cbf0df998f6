package io.densespark.job.run;

import io.densespark.evaluation.EvaluationResult;
import io.densespark.evaluation.ExampleResults;
import io.densespark.metrics.EpochRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
 * @param test the test images: every epoch is measured on them, or where images are held out the
 *     last one alone
 * @param validation images held out, on which every epoch is measured
 * @param classNames by class index
 * @param stopping ends training before the last epoch
 * @param cancellation ends the run between two of Spark's jobs as well as within one
 */
record TrainingLoop(
    Trainer trainer,
    EvaluationSet test,
    Optional<EvaluationSet> validation,
    List<String> classNames,
    EarlyStopping stopping,
    List<RunListener> listeners,
    Cancellation cancellation) {

  /**
   * Trains until so many epochs are done, those before a resume included, or accuracy rises no
   * more; returns how many are done.
   */
  int run(int epochs) {
    int done = trainer.graph().getEpochCount();
    while (done < epochs && !stopping.isDue()) {
      cancellation.check();
      Trainer.Epoch trained = trainer.trainEpoch();
      tell(listener -> listener.onTrained(trained));
      cancellation.check();
      done++;
      RunListener.EpochEnd end = evaluated(done, epochs, trained);
      tell(listener -> listener.onEpoch(end));
    }
    cancellation.check();
    return done;
  }

  private RunListener.EpochEnd evaluated(int epoch, int epochs, Trainer.Epoch trained) {
    EvaluationSet shown = validation.orElse(test);
    ExampleResults results = shown.evaluate(trainer.model());
    EvaluationResult chosenBy = results.result();
    boolean isLast = stopping.add(chosenBy.accuracy()) || epoch == epochs;
    boolean looksAtTest = validation.isEmpty() || isLast;
    if (validation.isPresent() && isLast) {
      shown = test;
      results = test.evaluate(trainer.model());
    }
    EpochRecord record =
        record(
            epoch,
            trained,
            looksAtTest ? Optional.of(results.result()) : Optional.empty(),
            validation.map(held -> chosenBy));
    return new RunListener.EpochEnd(
        record, results.result(), shown.mistakes(epoch, results), isLast, trainer);
  }

  private void tell(Consumer<RunListener> what) {
    listeners.forEach(what);
  }

  private EpochRecord record(
      int epoch,
      Trainer.Epoch trained,
      Optional<EvaluationResult> tested,
      Optional<EvaluationResult> validated) {
    EvaluationResult shown = tested.or(() -> validated).orElseThrow();
    List<EpochRecord.ClassRecord> classes = new ArrayList<>();
    for (int c = 0; c < shown.precision().size(); c++) {
      classes.add(
          new EpochRecord.ClassRecord(
              classNames.get(c), shown.precision().get(c), shown.recall().get(c)));
    }
    return new EpochRecord(
        epoch,
        trainer.graph().getIterationCount(),
        trained.loss(),
        tested.map(EvaluationResult::loss).orElse(null),
        tested.map(EvaluationResult::accuracy).orElse(null),
        validated.map(EvaluationResult::loss).orElse(null),
        validated.map(EvaluationResult::accuracy).orElse(null),
        trained.images() / trained.seconds(),
        trained.seconds(),
        trained.learningRate(),
        classes,
        shown.confusion());
  }
}

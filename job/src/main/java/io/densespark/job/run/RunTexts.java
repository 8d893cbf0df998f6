package io.densespark.job.run;

import io.densespark.config.RunConfig;
import io.densespark.dataset.ImageDataset;
import io.densespark.job.RunDisplay;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.RunDirectory;
import io.densespark.model.ModelSummary;
import io.densespark.settings.CanonicalText;
import io.densespark.storage.Store;
import io.densespark.text.Text;
import io.densespark.train.StepCounts;
import io.densespark.train.TrainConfig.EarlyStoppingConfig;
import io.densespark.train.TrainingState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;

/** What people are told of a run at its beginning and its end. */
final class RunTexts {

  private RunTexts() {}

  static RunDisplay.Header header(
      RunConfig config,
      String runId,
      ImageDataset images,
      int replicas,
      StepCounts counts,
      ComputationGraph graph) {
    int side = config.data().imageSize();
    ModelSummary summary = ModelSummary.of(graph.getConfiguration(), images.channels(), side, side);
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("data", CanonicalText.of(images.format()) + " at " + images.place());
    facts.put("replicas", Integer.toString(replicas));
    facts.put("training images", Integer.toString(images.train().size()));
    images
        .validation()
        .ifPresent(some -> facts.put("validation images", Integer.toString(some.size())));
    images.test().ifPresent(some -> facts.put("test images", Integer.toString(some.size())));
    facts.put("classes", Integer.toString(images.classes()));
    facts.put("parameters", Text.format("%,d trainable", summary.trainableParameters()));
    facts.put("work", Text.format("%.0f MFLOP an image", summary.trainingFlops() / 1e6));
    long steps = counts.stepsPerEpoch();
    return new RunDisplay.Header(
        runId,
        config.settings(),
        facts,
        steps * config.train().epochs(),
        steps,
        graph.getIterationCount());
  }

  static String resuming(TrainingState state) {
    return Text.format("resuming after epoch %d, step %d", state.epoch(), state.step())
        + (state.stepInEpoch() == 0
            ? ""
            : Text.format(", %d steps into epoch %d", state.stepInEpoch(), state.epoch() + 1));
  }

  static String stoppedEarly(RunConfig config, List<EpochRecord> epochs) {
    double last = epochs.get(epochs.size() - 1).selectionAccuracy();
    EarlyStoppingConfig stopping = config.train().earlyStopping();
    return stopping.target().filter(target -> last >= target).isPresent()
        ? Text.format(
            "stopped early: accuracy %.4f, where train.early-stopping.target = %s",
            last, stopping.target().get())
        : Text.format(
            "stopped early: accuracy had not risen for %d epochs in a row; export --checkpoint best gives the best one",
            stopping.patience());
  }

  static Map<String, String> written(RunDirectory directory) {
    Store store = directory.store();
    Map<String, String> written = new LinkedHashMap<>();
    written.put("model", store.uri(directory.model()));
    written.put("metrics", store.uri(directory.epochs()));
    written.put("report", store.uri(directory.report()));
    written.put("status", store.uri(directory.status()));
    return written;
  }
}

package io.densespark.job;

import io.densespark.config.RunConfig;
import io.densespark.data.FashionMnist;
import io.densespark.data.LabelledImages;
import io.densespark.evaluation.EvaluationResult;
import io.densespark.model.ModelZip;
import io.densespark.model.SavedModel;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;

/** Measures a DL4J model zip on the test images, on the cluster. */
final class EvaluateJob {

  private final RunConfig config;
  private final String model;
  private final RunDisplay display;

  EvaluateJob(RunConfig config, String model, RunDisplay display) {
    this.config = config;
    this.model = model;
    this.display = display;
  }

  ExitCode run() throws IOException {
    Configuration hadoop = Experiment.hadoop(config);
    display.phase("reading " + model);
    SavedModel saved;
    try (InputStream in = Experiment.openRemote(model, hadoop)) {
      saved = ModelZip.read(in, model);
    }
    LabelledImages images = Experiment.images(config, hadoop);
    display.phase("starting Spark");
    try (SparkConnection spark = SparkConnection.open(config);
        TestBench bench = new TestBench(config, spark, images)) {
      display.phase("evaluating");
      show(bench.measure(saved, model).result());
    }
    return ExitCode.SUCCESS;
  }

  private void show(EvaluationResult result) {
    List<List<String>> rows = new ArrayList<>();
    for (int c = 0; c < result.recall().size(); c++) {
      rows.add(
          List.of(
              FashionMnist.className(c),
              percent(result.precision().get(c)),
              percent(result.recall().get(c))));
    }
    display.table("Classes", List.of("class", "precision %", "recall %"), rows);
    display.message(
        String.format(
            Locale.ROOT,
            "test accuracy %.4f, loss %.4f, calibration error %.4f, over %d images",
            result.accuracy(),
            result.loss(),
            result.calibrationError(),
            result.examples()));
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f", 100 * share);
  }
}

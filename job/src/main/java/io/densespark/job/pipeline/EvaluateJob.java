package io.densespark.job.pipeline;

import io.densespark.config.RunConfig;
import io.densespark.dataset.ImageSource;
import io.densespark.evaluation.EvaluationResult;
import io.densespark.job.ExitCode;
import io.densespark.job.Inputs;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.SparkConnection;
import io.densespark.model.ModelSignature;
import io.densespark.model.ModelZip;
import io.densespark.model.SavedModel;
import io.densespark.text.Text;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/** Measures a DL4J model zip on the test images, on the cluster. */
public record EvaluateJob(RunConfig config, RunDisplay display, String model) implements Job {

  @Override
  public ExitCode run() throws IOException {
    Configuration hadoop = Inputs.hadoop(config);
    display.phase("reading " + model);
    SavedModel saved;
    try (InputStream in = Inputs.openRemote(model, hadoop)) {
      saved = ModelZip.read(in, model);
    }
    List<String> classNames = saved.signature().map(ModelSignature::classNames).orElse(List.of());
    RunConfig config =
        this.config.with(this.config.data().withNames(classNames), this.config.model());
    ImageSource source = Inputs.images(config, hadoop);
    display.phase("starting Spark");
    try (SparkConnection spark = SparkConnection.open(config);
        TestBench bench = new TestBench(config, spark, source.open(spark.context()))) {
      display.phase("evaluating");
      show(bench.measure(saved, model).result(), bench.signature().classNames());
      if (config.evaluation().mirrored()) {
        EvaluationResult mirrored = bench.measureMirrored(saved, model).result();
        display.message("by the mean over images and mirror images: " + figures(mirrored));
      }
    }
    return ExitCode.SUCCESS;
  }

  @Override
  public boolean onlyShows() {
    return true;
  }

  private void show(EvaluationResult result, List<String> classNames) {
    List<List<String>> rows = new ArrayList<>();
    for (int c = 0; c < result.recall().size(); c++) {
      rows.add(
          List.of(
              classNames.get(c),
              percent(result.precision().get(c)),
              percent(result.recall().get(c))));
    }
    display.table("Classes", List.of("class", "precision %", "recall %"), rows);
    result.warning().ifPresent(display::warning);
    display.message(figures(result));
  }

  private static String figures(EvaluationResult result) {
    return Text.format(
        "test accuracy %.4f, loss %.4f, calibration error %.4f, over %d images",
        result.accuracy(), result.loss(), result.calibrationError(), result.examples());
  }

  private static String percent(double share) {
    return Text.format("%.1f", 100 * share);
  }
}

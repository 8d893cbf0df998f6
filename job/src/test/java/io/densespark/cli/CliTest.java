package io.densespark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfigLoader;
import io.densespark.job.ExitCode;
import io.densespark.job.ExportRequest;
import io.densespark.job.PredictRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CliTest {

  private final RecordingVerbs verbs = new RecordingVerbs();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void trainGetsItsSettings() {
    int code =
        run("train", "--set", "train.epochs=2", "--output", "/runs", "--run-id", "a", "--fresh");

    assertThat(code).isZero();
    assertThat(verbs.calls).containsExactly("train");
    assertThat(verbs.config.train().epochs()).isEqualTo(2);
    assertThat(verbs.config.run().output()).isEqualTo("/runs");
    assertThat(verbs.config.run().runId()).contains("a");
    assertThat(verbs.config.run().fresh()).isTrue();
  }

  @Test
  void everyVerbIsCalledByItsName() {
    run("train");
    run("evaluate", "--model", "hdfs://name/model.zip");
    run("doctor");
    run("runs", "--sort", "accuracy", "--json");
    run("report", "a");
    run("export", "a", "--checkpoint", "3", "--to", "m.zip", "--updater");
    run("register", "--model", "s3a://bucket/model.zip");
    run("promote", "--model-version", "3", "--dry-run");
    run("rollback", "--to", "2");
    run("models");
    run("retrain", "--as-of", "2026-01-31");
    run("runs", "compare", "a", "b", "--output", "/runs");

    assertThat(verbs.calls)
        .containsExactly(
            "train",
            "evaluate hdfs://name/model.zip",
            "doctor",
            "runs by ACCURACY, json true",
            "report a",
            ExportRequest.of("a", "3", "m.zip", true, false).toString(),
            "register s3a://bucket/model.zip",
            "promote PromoteRequest[version=Optional[3], dryRun=true, force=Optional.empty]",
            "rollback Optional[2]",
            "models",
            "retrain RetrainRequest[asOf=Optional[2026-01-31], dryRun=false]",
            "compare [a, b], json false");
    assertThat(verbs.config.run().output()).isEqualTo("/runs");
  }

  @Test
  void predictGetsItsRequest() {
    int code =
        run(
            ("predict --run-id a --images hdfs://n/pngs --images more --format images"
                    + " --to s3a://b/out --overwrite --on-error skip --class-names shoe,hat")
                .split(" "));

    assertThat(code).isZero();
    assertThat(verbs.config.run().runId()).contains("a");
    assertThat(verbs.predicted)
        .isEqualTo(
            PredictRequest.of(
                Optional.empty(),
                List.of("hdfs://n/pngs", "more"),
                "images",
                "s3a://b/out",
                true,
                "skip",
                Optional.of(List.of("shoe", "hat"))));
  }

  @Test
  void theCodeOfTheVerbIsTheCodeOfTheProcess() {
    verbs.code = ExitCode.PREFLIGHT;

    assertThat(run("doctor")).isEqualTo(11);
  }

  @Test
  void flagForTheMasterGoesBeforeSparkSubmitAndThatBeforeSet() {
    run("doctor");
    assertThat(verbs.config.run().master()).isEqualTo("local[*]");
    run(Optional.of("spark://a:7077"), "doctor");
    assertThat(verbs.config.run().master()).isEqualTo("spark://a:7077");
    run(Optional.of("spark://a:7077"), "doctor", "--master", "local[2]");
    assertThat(verbs.config.run().master()).isEqualTo("local[2]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                          | name a verb: train, evaluate, predict, runs, report, export, retrain, register, promote, rollback, models, doctor, settings",
        "trian                       | Did you mean train?",
        "train --confg a             | Did you mean --config?",
        "train --train.epochs 3      | Settings are given as: --set train.epochs=3",
        "train train.epochs=3        | Settings are given as: --set train.epochs=3",
        "evaluate                    | --model=URI",
        "predict --to a              | --images=URI",
        "predict --on-error ignore   | --on-error",
        "train --config              | --config",
        "runs compare a              | RUN",
        "export a --to b --checkpoint worst | must be last, best, or the number of an epoch",
        "export a                    | --to=URI",
        "train --progress nice       | --progress"
      })
  void badUsageEndsWithCodeTwoAndAHint(String line, String hint) {
    int code = run(line.isEmpty() ? new String[0] : line.split(" "));

    assertThat(code).isEqualTo(2);
    assertThat(text(err)).contains(hint).contains("Try: densespark");
    assertThat(verbs.calls).isEmpty();
  }

  @Test
  void badSettingsEndWithCodeTwoAndAllReasons() {
    assertThat(run("train", "--set", "train.epochs=0", "--set", "a=b", "--set", "c")).isEqualTo(2);
    assertThat(text(err)).contains("3 problems", "train.epochs = 0   (--set)", "a = b", "--set c");
    assertThat(verbs.calls).isEmpty();
  }

  @Test
  void failureIsOneLineWithItsCode() {
    verbs.failure = new IllegalStateException("no images in /data\nsecond line");

    assertThat(run("train")).isEqualTo(10);
    assertThat(text(err)).isEqualTo("densespark: no images in /data (exit code 10)\n");
  }

  @Test
  void causeIsNamedWhereTheMessageDoesNot() {
    verbs.failure = new IOException("cannot write the model", new IOException("disk is full"));

    assertThat(run("train")).isEqualTo(1);
    assertThat(text(err))
        .isEqualTo(
            "densespark: cannot write the model: disk is full"
                + " (exit code 1; --debug shows where)\n");
  }

  @Test
  void errorsAreToldLikeOtherFailures() {
    verbs.failure = new UnsatisfiedLinkError("no jnidnnl in path");

    assertThat(run("train")).isEqualTo(1);
    assertThat(text(err)).contains("UnsatisfiedLinkError: no jnidnnl in path").hasLineCount(1);
  }

  @Test
  void debugShowsTheStackTrace() {
    verbs.failure = new IllegalStateException("no images");

    assertThat(run("train", "--debug")).isEqualTo(10);
    assertThat(text(err)).contains("\tat io.densespark.cli.CliTest.debugShows");
  }

  @Test
  void helpAndVersionSucceed() {
    assertThat(run("--help")).isZero();
    assertThat(run("train", "--help")).isZero();
    assertThat(run("--version")).isZero();
    assertThat(text(out)).contains("evaluate", "--run-id", "densespark 0.");
  }

  @Test
  void settingsAreListedWithValueSourceAndRange() {
    assertThat(run("settings", "--set", "train.epochs=3")).isZero();
    assertThat(text(out))
        .contains("train.epochs = 3   (--set)", "is a whole number from 1 to 1000000")
        .contains("train.optimizer.beta1 = 0.9   (default, not used)");
  }

  @Test
  void settingsAsJsonAreNothingButJson() {
    assertThat(run("settings", "--json")).isZero();
    assertThat(text(out))
        .isEqualTo(new RunConfigLoader().load(new ConfigSources()).settings().toJson());
  }

  private int run(String... arguments) {
    return run(Optional.empty(), arguments);
  }

  private int run(Optional<String> submittedMaster, String... arguments) {
    PrintStream output = new PrintStream(out, true, StandardCharsets.UTF_8);
    PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
    Screen screen = new Screen(output, false, 100, Style.BARE);
    Session session =
        new Session(verbs, new RunConfigLoader(), submittedMaster, screen, output, errors);
    return new Cli(session).run(arguments);
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }
}

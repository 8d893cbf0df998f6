package io.densespark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfig;
import io.densespark.config.RunConfigLoader;
import io.densespark.data.DataException;
import io.densespark.job.ExitCode;
import io.densespark.job.Job;
import io.densespark.job.run.TrainJob;
import io.densespark.job.verb.CompareRunsJob;
import io.densespark.job.verb.DoctorJob;
import io.densespark.job.verb.PredictJob;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CliTest {

  private final List<Job> jobs = new ArrayList<>();
  private ExitCode code = ExitCode.SUCCESS;
  private Throwable failure;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void trainGetsItsSettings() {
    int code =
        run("train", "--set", "train.epochs=2", "--output", "/runs", "--run-id", "a", "--fresh");

    assertThat(code).isZero();
    RunConfig config = ((TrainJob) jobs.get(0)).config();
    assertThat(config.train().epochs()).isEqualTo(2);
    assertThat(config.run().output()).isEqualTo("/runs");
    assertThat(config.run().runId()).contains("a");
    assertThat(config.fresh()).isTrue();
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
    run("doctor", "--size", "--slots", "8", "--cores", "4", "--json");

    assertThat(jobs.stream().map(CliTest::options))
        .containsExactly(
            "TrainJob[]",
            "EvaluateJob[model=hdfs://name/model.zip]",
            "DoctorJob[]",
            "RunsJob[order=ACCURACY, json=true]",
            "ReportJob[runId=a]",
            "ExportJob[runId=a, checkpoint=3, to=m.zip, updater=true, overwrite=false]",
            "RegisterJob[model=Optional[s3a://bucket/model.zip]]",
            "PromoteJob[version=Optional[3], dryRun=true, force=Optional.empty]",
            "RollbackJob[to=Optional[2]]",
            "ModelsJob[json=false]",
            "RetrainJob[asOf=Optional[2026-01-31], dryRun=false, force=false]",
            "CompareRunsJob[runIds=[a, b], json=false]",
            "SizeJob[slots=OptionalInt[8], cores=4, json=true]");
    assertThat(((CompareRunsJob) jobs.get(11)).config().run().output()).isEqualTo("/runs");
  }

  @Test
  void predictGetsItsOptions() {
    int code =
        run(
            ("predict --run-id a --images hdfs://n/pngs --images more --format images"
                    + " --to s3a://b/out --overwrite --on-error skip --class-names shoe,hat")
                .split(" "));

    assertThat(code).isZero();
    assertThat(((PredictJob) jobs.get(0)).config().run().runId()).contains("a");
    assertThat(options(jobs.get(0)))
        .isEqualTo(
            "PredictJob[model=Optional.empty, images=[hdfs://n/pngs, more], format=IMAGES,"
                + " to=s3a://b/out, overwrite=true, onError=SKIP,"
                + " classNames=Optional[[shoe, hat]]]");
  }

  @Test
  void theCodeOfTheVerbIsTheCodeOfTheProcess() {
    code = ExitCode.PREFLIGHT;

    assertThat(run("doctor")).isEqualTo(11);
  }

  @Test
  void flagForTheMasterGoesBeforeSparkSubmitAndThatBeforeSet() {
    run("doctor");
    assertThat(master()).isEqualTo("local[*]");
    run(Optional.of("spark://a:7077"), "doctor");
    assertThat(master()).isEqualTo("spark://a:7077");
    run(Optional.of("spark://a:7077"), "doctor", "--master", "local[2]");
    assertThat(master()).isEqualTo("local[2]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                          | name a verb: train, evaluate, predict, runs, scale, report, export, retrain, register, promote, rollback, models, doctor, settings",
        "trian                       | Did you mean train?",
        "foo                         | there is no verb foo; name one of train, evaluate, predict",
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
        "train --progress nice       | --progress",
        "retrain --as-of 2026-13-01  | '2026-13-01': must be a date, as in 2026-01-31",
        "rollback --to x             | 'x': must be a whole number"
      })
  void badUsageEndsWithCodeTwoAndAHint(String line, String hint) {
    int code = run(line.isEmpty() ? new String[0] : line.split(" "));

    assertThat(code).isEqualTo(2);
    assertThat(text(err)).contains(hint).contains("Try: densespark");
    assertThat(jobs).isEmpty();
  }

  @Test
  void badSettingsEndWithCodeTwoAndAllReasons() {
    assertThat(run("train", "--set", "train.epochs=0", "--set", "a=b", "--set", "c")).isEqualTo(2);
    assertThat(text(err)).contains("3 problems", "train.epochs = 0   (--set)", "a = b", "--set c");
    assertThat(jobs).isEmpty();
  }

  @Test
  void failureIsOneLineWithItsCode() {
    failure = new DataException("no images in /data\nsecond line");

    assertThat(run("train")).isEqualTo(10);
    assertThat(text(err)).isEqualTo("densespark: no images in /data (exit code 10)\n");
  }

  @Test
  void causeIsNamedWhereTheMessageDoesNot() {
    failure = new IOException("cannot write the model", new IOException("disk is full"));

    assertThat(run("train")).isEqualTo(1);
    assertThat(text(err))
        .isEqualTo(
            "densespark: cannot write the model: disk is full"
                + " (exit code 1; --debug shows where)\n");
  }

  @Test
  void errorsAreToldLikeOtherFailures() {
    failure = new UnsatisfiedLinkError("no jnidnnl in path");

    assertThat(run("train")).isEqualTo(1);
    assertThat(text(err)).contains("UnsatisfiedLinkError: no jnidnnl in path").hasLineCount(1);
  }

  @Test
  void debugShowsTheStackTrace() {
    failure = new DataException("no images");

    assertThat(run("train", "--debug")).isEqualTo(10);
    assertThat(text(err)).contains("\tat io.densespark.cli.CliTest.debugShows");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"runs --json", "models", "settings", "version", "doctor", "evaluate --model m"})
  void whatOnlyShowsFailsWhereNothingCanBeShown(String line) throws IOException {
    try (PrintStream full = new PrintStream(new FullDevice(), true, StandardCharsets.UTF_8)) {
      full.print("lost");
      assertThat(run(full, Optional.empty(), line.split(" "))).isEqualTo(11);
      assertThat(text(err)).contains("standard output cannot be written");
      assertThat(run(full, Optional.empty(), "train")).isZero();
    }
  }

  /** As {@code /dev/full}. */
  private static final class FullDevice extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      throw new IOException("No space left on device");
    }
  }

  @Test
  void helpAndVersionSucceed() {
    assertThat(run("--help")).isZero();
    assertThat(run("train", "--help")).isZero();
    assertThat(run("--version")).isZero();
    assertThat(text(out)).contains("evaluate", "--run-id", "densespark 0.");
  }

  @Test
  void versionNamesWhatARunDependsOn() {
    assertThat(run("version")).isZero();
    assertThat(text(out).lines().map(line -> line.split(" ")[0]))
        .contains("densespark", "spark", "hadoop", "dl4j", "onednn", "java");
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
    return run(new PrintStream(out, true, StandardCharsets.UTF_8), submittedMaster, arguments);
  }

  private int run(PrintStream output, Optional<String> submittedMaster, String... arguments) {
    PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
    Screen screen = new Screen(output, false, 100, Style.BARE);
    Session session =
        new Session(this::pretend, new RunConfigLoader(), submittedMaster, screen, output, errors);
    return new Cli(session).run(arguments);
  }

  /** Takes the place of running a job. */
  private ExitCode pretend(Job job) throws Exception {
    jobs.add(job);
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure != null) {
      throw (Exception) failure;
    }
    return job instanceof SettingsCommand.Shown || job instanceof VersionCommand.Shown
        ? job.run()
        : code;
  }

  private String master() {
    return ((DoctorJob) jobs.get(jobs.size() - 1)).config().run().master();
  }

  /** A job as text, without its settings and its display. */
  private static String options(Job job) {
    return job.toString().replaceAll("config=.*display=[^,\\]]*(, )?", "");
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }
}

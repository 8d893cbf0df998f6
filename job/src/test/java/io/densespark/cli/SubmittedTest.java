package io.densespark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.job.ExitCode;
import io.densespark.job.Submission;
import io.densespark.job.Submission.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a driver that was sent to a cluster leaves for who sent it. */
class SubmittedTest {

  private static final Configuration HADOOP = new Configuration();

  @TempDir private Path workspace;

  @Test
  void refusalLeavesItsCodeAndItsWords() {
    int code = run("report", "--output", workspace.toString(), "nothing");

    assertThat(code).isEqualTo(ExitCode.USAGE.number());
    Outcome outcome = submission().outcome(HADOOP).orElseThrow();
    assertThat(outcome.exitCode()).isEqualTo(code);
    assertThat(outcome.message()).contains("there is no run nothing");
  }

  @Test
  void whatCannotEndOtherwiseIsNotTriedAgain() {
    leave(ExitCode.DIVERGED);

    assertThat(run("settings")).isEqualTo(ExitCode.DIVERGED.number());
  }

  @Test
  void whatMayEndOtherwiseIsTriedAgain() {
    leave(ExitCode.TIMED_OUT);

    assertThat(run("settings")).isZero();
    assertThat(submission().outcome(HADOOP).orElseThrow().exitCode()).isZero();
  }

  @Test
  void outputThatCannotBeWrittenLeavesTheCode() throws Exception {
    Path file = Files.createFile(workspace.resolve("file"));
    Submission nowhere = new Submission("a", file.toString());

    assertThat(new Submitted(nowhere, HADOOP).run("settings")).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void theSchedulerIsToTryAgainWhereTheReferenceSaysSo(ExitCode code) throws Exception {
    String row =
        Files.readAllLines(Path.of("../docs/exit-codes.md")).stream()
            .filter(line -> line.matches("\\|( \\d+,)*? (\\d+, )*" + code.number() + "(,| \\|).*"))
            .findFirst()
            .orElseThrow();

    assertThat(ExitCode.mayEndOtherwise(code.number())).isEqualTo(row.contains("| yes"));
  }

  private int run(String... arguments) {
    return new Submitted(submission(), HADOOP).run(arguments);
  }

  private void leave(ExitCode code) {
    submission().leave(new Outcome(code.number(), "told", Instant.EPOCH), HADOOP);
  }

  private Submission submission() {
    return new Submission("20260101-000000-1", workspace.toString());
  }
}

package io.densespark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndOfProcessTest {

  @ParameterizedTest
  @ValueSource(strings = {"thread", "hook"})
  void processEndsWithItsCodeWhateverStillRuns(String what)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                StuckProcess.class.getName(),
                what)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();

    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended by itself").isTrue();
      assertThat(process.exitValue()).isEqualTo(21);
      assertThat(process.inputReader().readLine()).isEqualTo("last words");
    } finally {
      process.destroyForcibly();
    }
  }
}

package io.densespark.cluster;

import io.densespark.text.Text;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The project's scripts, run as a user runs them, on the job jar that the build has packaged. */
public final class Scripts {
  private static final Path DIRECTORY = Path.of(property("densespark.scripts")).normalize();
  private static final Path JAR = Path.of(property("densespark.jar"));

  /**
   * For all JVMs that scripts start, executors included: they end before what the optimising
   * compiler does is worth the processor time it takes.
   */
  static final String JAVA_OPTIONS = "-XX:TieredStopAtLevel=1";

  private Scripts() {}

  /**
   * Runs a script to its end, with no standard input.
   *
   * @param timeout after which the script and all its descendants are killed
   * @param environment added to this process's; an empty value removes a variable
   * @throws IllegalStateException where the script did not end in time; the message has its output
   */
  public static ScriptResult run(
      Duration timeout, Map<String, String> environment, String script, String... arguments) {
    return run(timeout, environment, DIRECTORY.resolve(script), arguments);
  }

  /** The same for a script of another checkout. */
  static ScriptResult run(
      Duration timeout, Map<String, String> environment, Path script, String... arguments) {
    Path output = null;
    try {
      output = Files.createTempFile("script", ".log");
      Process process = start(output, environment, script, arguments);
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        kill(process);
        throw new IllegalStateException(
            Text.format(
                "%s %s did not end within %s; its output:%n%s",
                script, List.of(arguments), timeout, Files.readString(output)));
      }
      return new ScriptResult(process.exitValue(), Files.readString(output));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while " + script + " ran", e);
    } finally {
      delete(output);
    }
  }

  /**
   * Starts a script and returns at once, for tests that signal it. Its output goes to a file
   * because a pipe would be held open by every process the script leaves running.
   */
  public static Process start(
      Path output, Map<String, String> environment, String script, String... arguments)
      throws IOException {
    return start(output, environment, DIRECTORY.resolve(script), arguments);
  }

  private static Process start(
      Path output, Map<String, String> environment, Path script, String... arguments)
      throws IOException {
    List<String> command =
        Stream.concat(Stream.of(script.toString()), Stream.of(arguments)).toList();
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(output.toFile());
    builder.environment().put("DENSESPARK_JAR", JAR.toString());
    builder
        .environment()
        .merge("JDK_JAVA_OPTIONS", JAVA_OPTIONS, (builds, more) -> builds + " " + more);
    environment.forEach(
        (name, value) -> {
          if (value.isEmpty()) {
            builder.environment().remove(name);
          } else {
            builder.environment().put(name, value);
          }
        });
    return builder.start();
  }

  /** Kills the process and all its descendants. */
  public static void kill(Process process) {
    List<ProcessHandle> descendants = process.descendants().toList();
    process.destroyForcibly();
    descendants.forEach(ProcessHandle::destroyForcibly);
  }

  private static void delete(Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String property(String name) {
    return Optional.ofNullable(System.getProperty(name))
        .orElseThrow(
            () ->
                new IllegalStateException(
                    name
                        + " is not set: this test runs in Maven's integration-test phase, by"
                        + " scripts/test or mvn verify -Dit.test=…"));
  }
}

package io.densespark.job.pipeline;

import io.densespark.config.RunConfig.NotifyConfig;
import io.densespark.storage.Json;
import io.densespark.text.Text;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Tells others what came of a job, by a command of the user's. Whatever it does, the job's outcome
 * stays what it is.
 *
 * <p>The command runs under {@code sh -c} with the summary as JSON on its standard input and in the
 * environment variable {@value #VARIABLE}. After the time limit it is killed, with its children.
 */
final class Notification {

  static final String VARIABLE = "DENSESPARK_SUMMARY";

  /** Linux takes no longer variable. */
  private static final int VARIABLE_LIMIT = 120_000;

  private static final int SHOWN_CHARACTERS = 300;

  private Notification() {}

  /** Runs the command; returns what went wrong, or nothing. */
  static Optional<String> send(NotifyConfig config, Object summary) {
    if (config.command().isEmpty()) {
      return Optional.empty();
    }
    byte[] json = Json.line(summary);
    Process process = null;
    try {
      ProcessBuilder builder =
          new ProcessBuilder("sh", "-c", config.command().get()).redirectErrorStream(true);
      if (json.length <= VARIABLE_LIMIT) {
        builder.environment().put(VARIABLE, new String(json, StandardCharsets.UTF_8).strip());
      }
      process = builder.start();
      Output output = new Output(process.getInputStream());
      feed(process, json);
      if (!process.waitFor(config.timeout().toMillis(), TimeUnit.MILLISECONDS)) {
        return Optional.of("notify.command ran longer than " + shown(config.timeout()));
      }
      int code = process.exitValue();
      return code == 0
          ? Optional.empty()
          : Optional.of(Text.format("notify.command ended with code %d: %s", code, output.text()));
    } catch (IOException e) {
      return Optional.of("notify.command could not be run: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("notify.command was interrupted");
    } finally {
      if (process != null) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    }
  }

  /** On a thread of its own, as a command that does not read would block. */
  private static void feed(Process process, byte[] json) {
    daemon(
        () -> {
          try (OutputStream in = process.getOutputStream()) {
            in.write(json);
          } catch (IOException e) {
            // A command need not read; its exit code tells whether it went well.
          }
        });
  }

  /** What the command says, read to its end so that it never blocks. */
  private static final class Output {
    private final ByteArrayOutputStream read = new ByteArrayOutputStream();
    private final Thread reader;

    Output(InputStream in) {
      reader =
          daemon(
              () -> {
                byte[] buffer = new byte[4096];
                try (in) {
                  for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    synchronized (read) {
                      if (read.size() < SHOWN_CHARACTERS) {
                        read.write(buffer, 0, n);
                      }
                    }
                  }
                } catch (IOException e) {
                  // The process was ended.
                }
              });
    }

    String text() throws InterruptedException {
      reader.join(1000);
      synchronized (read) {
        String text = read.toString(StandardCharsets.UTF_8).strip();
        return text.substring(0, Math.min(text.length(), SHOWN_CHARACTERS));
      }
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "notification");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static String shown(Duration limit) {
    return Text.format("notify.timeout = %d s", limit.toSeconds());
  }
}

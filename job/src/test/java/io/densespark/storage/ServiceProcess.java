package io.densespark.storage;

import io.densespark.text.Text;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A service in a JVM of its own: its source file and a pom with its class path lie under {@code
 * src/test/services}. It ends with this process in any case, as it watches the pipe to it.
 */
public final class ServiceProcess {

  private static final Path SERVICES = Path.of("src/test/services").toAbsolutePath();

  /** For logs and class paths: two processes may run tests side by side. */
  private static final Path OUTPUT =
      Path.of("target/services", Long.toString(ProcessHandle.current().pid())).toAbsolutePath();

  private static final int START_SECONDS = 300;
  private static final int STOP_SECONDS = 30;
  private static final Map<String, String> CLASS_PATHS = new ConcurrentHashMap<>();

  private final Process process;
  private final String uri;

  private ServiceProcess(Process process, String uri) {
    this.process = process;
    this.uri = uri;
  }

  /** Starts a service and waits until it is ready. */
  public static ServiceProcess start(String name, String source, String... arguments)
      throws Exception {
    Path log = Files.createDirectories(OUTPUT).resolve(source + ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Its own directory last: there lies the configuration of its logging.
    String path = classPath(name) + File.pathSeparator + SERVICES.resolve(name);
    // YARN's web pages make classes as they go.
    command.addAll(List.of("-Xmx768m", "--add-opens=java.base/java.lang=ALL-UNNAMED", "-cp", path));
    command.add(SERVICES.resolve(name).resolve(source).toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
    // For what it starts in turn.
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process)));
    try {
      return new ServiceProcess(process, awaitReady(process, log));
    } catch (Exception e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /** Where it listens, or says what its clients need. */
  public String uri() {
    return uri;
  }

  /** Ends it in good order, with the processes that it has started. */
  public void stop() {
    end(process);
  }

  private static void end(Process process) {
    try {
      process.getOutputStream().close();
      process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (IOException | InterruptedException e) {
      // It is gone, or there is no time.
    }
    process.destroyForcibly();
  }

  /** Ends it at once, as a crash would. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  private static String awaitReady(Process process, Path log) throws Exception {
    CompletableFuture<String> ready = new CompletableFuture<>();
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(
                      new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  if (line.startsWith("READY ")) {
                    ready.complete(line.substring("READY ".length()));
                  }
                }
                ready.completeExceptionally(new IOException("it ended"));
              } catch (IOException e) {
                ready.completeExceptionally(e);
              }
            },
            "service-output");
    reader.setDaemon(true);
    reader.start();
    try {
      return ready.get(START_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | java.util.concurrent.ExecutionException e) {
      throw new IOException("The service did not start; see " + log, e);
    }
  }

  private static String classPath(String name) throws IOException, InterruptedException {
    String known = CLASS_PATHS.get(name);
    if (known == null) {
      known = askMaven(name);
      CLASS_PATHS.put(name, known);
    }
    return known;
  }

  /** Offline first, as the machine may have everything and no network. */
  private static String askMaven(String name) throws IOException, InterruptedException {
    Path output = OUTPUT.resolve(name + ".classpath");
    if (!resolve(name, output, true) && !resolve(name, output, false)) {
      throw new IOException(
          Text.format(
              "Maven cannot resolve the class path of the service; see %s/%s.maven.log",
              OUTPUT, name));
    }
    return Files.readString(output).strip();
  }

  private static boolean resolve(String name, Path output, boolean offline)
      throws IOException, InterruptedException {
    String home = System.getProperty("maven.home");
    List<String> command = new ArrayList<>();
    command.add(home == null ? "mvn" : Path.of(home, "bin", "mvn").toString());
    command.addAll(List.of("-q", "-ntp", "-B"));
    if (offline) {
      command.add("-o");
    }
    command.addAll(
        List.of(
            "-f",
            SERVICES.resolve(name).resolve("pom.xml").toString(),
            "dependency:build-classpath",
            "-Dmdep.outputFile=" + output));
    File log = OUTPUT.resolve(name + ".maven.log").toFile();
    Process maven =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
    if (!maven.waitFor(5, TimeUnit.MINUTES)) {
      maven.destroyForcibly();
    }
    return maven.waitFor() == 0;
  }
}
